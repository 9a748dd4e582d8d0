// What is done to cells from the keyboard and from their buttons, and where the focus goes then.
import type { Notebook } from "../notebook";
import type { Command } from "./keys";
import { change, insert, move, newCell, remove, type Cell, type CellKind } from "./sheet";

export interface Focus { edit(id: string): void; select(id: string): void }

// Of all notebooks of this window.
let clipboard: Pick<Cell, "kind" | "code"> | null = null;

export class Actions {
  constructor(
    readonly notebook: Notebook,
    private readonly focus: Focus,
    readonly mayEdit: boolean,
    readonly mayRun: boolean,
  ) {}

  run(id: string): void {
    if (this.mayRun) void this.notebook.run(id);
  }

  runAndAdvance(id: string): void {
    this.run(id);
    const next = this.at(id, 1);
    if (next) this.focus.edit(next.id);
    else if (this.mayEdit) this.below(id);
  }

  runAndInsert(id: string): void {
    this.run(id);
    this.below(id);
  }

  do(command: Command, id: string): void {
    if (command === "up" || command === "down") return this.selectAt(id, command === "up" ? -1 : 1);
    if (command === "edit") return this.focus.edit(id);
    if (command === "copy") return this.copy(id);
    if (!this.mayEdit) return;
    if (command === "moveUp" || command === "moveDown") return this.move(id, command === "moveUp" ? -1 : 1);
    this.change(command, id);
  }

  below(id: string | null, kind: CellKind = "code", code = ""): void {
    this.insertAt(id === null ? this.document.current.cells.length : this.notebook.index(id) + 1, newCell(code, kind), true);
  }

  delete(id: string): void {
    const next = this.at(id, 1) ?? this.at(id, -1);
    this.document.step(remove(this.document.current, id));
    if (next) this.focus.select(next.id);
  }

  move(id: string, by: -1 | 1): void {
    this.document.step(move(this.document.current, id, by));
    this.focus.select(id);
  }

  turn(id: string, kind: CellKind): void {
    if (this.at(id, 0)?.kind === kind || (kind === "markdown" && !this.notebook.hasText)) return;
    this.document.step(change(this.document.current, id, { kind }));
  }

  private change(command: Exclude<Command, "moveUp" | "moveDown" | "up" | "down" | "edit" | "copy">, id: string): void {
    const { document } = this;
    switch (command) {
      case "above":
        return this.insertAt(this.notebook.index(id), newCell(), false);
      case "below":
      case "paste":
        return this.insertBelow(id, command === "paste" ? clipboard : { kind: "code", code: "" });
      case "cut":
        this.copy(id);
        return this.delete(id);
      case "delete":
        return this.delete(id);
      case "undo":
      case "redo":
        document[command]();
        return this.keepFocus(id);
      case "markdown":
      case "code":
        return this.turn(id, command);
    }
  }

  private insertBelow(id: string, what: Pick<Cell, "kind" | "code"> | null): void {
    if (what) this.insertAt(this.notebook.index(id) + 1, newCell(what.code, what.kind), false);
  }

  private keepFocus(id: string): void {
    const { cells } = this.document.current;
    const there = cells.some((cell) => cell.id === id) ? id : cells.at(-1)?.id;
    if (there !== undefined) this.focus.select(there);
  }

  private copy(id: string): void {
    clipboard = this.at(id, 0) ?? null;
  }

  private insertAt(index: number, cell: Cell, edited: boolean): void {
    this.document.step(insert(this.document.current, index, cell));
    if (edited) this.focus.edit(cell.id);
    else this.focus.select(cell.id);
  }

  private selectAt(id: string, by: -1 | 1): void {
    const next = this.at(id, by);
    if (next) this.focus.select(next.id);
  }

  private at(id: string, by: number): Cell | undefined {
    const index = this.notebook.index(id) + by;
    return index < 0 ? undefined : this.document.current.cells[index];
  }

  private get document() {
    return this.notebook.store;
  }
}
