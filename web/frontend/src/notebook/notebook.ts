// What one kernel's page does: it ties cells to executions, and follows what the kernel does.
import { cancel, restartNamespace, runBatch, runCell } from "../api/calls";
import type { Kernel } from "../api/types";
import { isOfExecution, type LiveEvent } from "../live/events";
import { newId } from "../words/ids";
import { Sends, SOON_MS } from "./cells/sends";
import { adopt, bind, clearOutputs, insert, markStale, newCell, type Cell, type Seen } from "./cells/sheet";
import { SheetStore } from "./cells/store";
import { Erasures, eraseOutputs, rowsOf } from "./recorded";
import { runs } from "./runs/runs";

export function sheetName(uid: string, flow: string | null): string {
  return flow === null ? uid : `${uid}.${flow}`;
}

// So long another tab, or the answer to a request of this one, may take to say whose an execution is.
const WHOSE_MS = 600;

const NOT_ERASED = "Outputs of cells that ended just now are not recorded yet, so they are there still. "
  + "All others are erased. Clear outputs again in a moment.";

export class Notebook {
  readonly store: SheetStore;
  readonly sends = new Sends();
  private syncing: Promise<void> | null = null;
  private again = false;
  private readonly erasures = new Erasures();

  // `flow` is whose namespace the cells run in; null: the kernel's loose one.
  constructor(
    readonly uid: string,
    readonly flow: string | null,
  ) {
    this.store = new SheetStore(sheetName(uid, flow));
  }

  take(event: LiveEvent): void {
    if (!("kernel_id" in event) || event.kernel_id !== this.uid) return;
    if (isOfExecution(event)) {
      runs.take(event);
      const id = event.execution_id;
      if (event.type === "started" && !this.knows(id)) setTimeout(() => this.askWhose(id), WHOSE_MS);
    } else if (event.type === "gap") runs.distrust();
    else if (event.type === "kernel" && this.behind(event.kernel as Kernel | null)) void this.sync();
  }

  // When outputs were last erased, by whomever; the first time it is only noted.
  noteCleared(at: string | null): void {
    if (this.erasures.note(at)) void this.sync();
  }

  // Positions, and executions that began elsewhere. One at a time: the next begins when the last is done.
  sync(): Promise<void> {
    this.again = this.syncing !== null;
    // Without a connection there is nothing to do but to ask when it is back, which its opening does.
    this.syncing ??= this.ask().catch(() => undefined).finally(() => {
      this.syncing = null;
      if (this.again) void this.sync();
    });
    return this.syncing;
  }

  async loadAll(): Promise<void> {
    await Promise.allSettled(this.runsHere().map((id) => runs.load(id)));
  }

  async run(id: string, start = false): Promise<void> {
    const cell = this.cell(id);
    if (!cell || cell.code.trim() === "") return;
    const before = this.sends.get(id);
    if (before?.error === null) return;
    const { code } = cell;
    const key = before?.code === code ? before.key : newId();
    this.sends.set(id, { key, code, error: null });
    try {
      const accepted = await runCell(this.uid, { code, start, idempotency_key: key, flow_id: this.flow });
      // The old output stays until there is something new to show: most cells are done by now.
      await runs.ended(accepted.id, SOON_MS);
      this.bind(id, accepted.id, accepted.position);
      this.sends.set(id, null);
    } catch (error) {
      this.sends.set(id, { key, code, error });
    }
  }

  async runAll(): Promise<void> {
    const cells = this.store.current.cells.filter((cell) => cell.code.trim() !== "");
    if (cells.length === 0) return;
    const key = newId();
    for (const { id, code } of cells) this.sends.set(id, { key, code, error: null });
    try {
      const { executions: accepted } = await runBatch(this.uid, cells.map((cell) => cell.code), this.flow);
      accepted.forEach((one, index) => this.bind(cells[index]?.id ?? "", one.id, one.position));
      for (const cell of cells) this.sends.set(cell.id, null);
    } catch (error) {
      for (const cell of cells.slice(1)) this.sends.set(cell.id, null);
      if (cells[0]) this.sends.set(cells[0].id, { key: newId(), code: cells[0].code, error });
    }
  }

  async cancel(run: string, kill = false): Promise<void> {
    const known = runs.open(run);
    known.cancelAskedAt ??= Date.now();
    runs.mark(known);
    await cancel(run, kill);
  }

  async restart(): Promise<void> {
    await restartNamespace(this.uid, this.flow);
    this.store.update(markStale(this.store.current));
  }

  // What has ended is erased, here and everywhere. Throws where some of it could not be yet; the rest is.
  async clear(): Promise<void> {
    const ended = this.runsHere().filter((id) => runs.get(id)?.ended);
    const left = await eraseOutputs(this.uid, this.flow, ended);
    this.store.update(clearOutputs(this.store.current, new Set(ended.filter((id) => !left.includes(id)))));
    if (left.length > 0) throw new Error(NOT_ERASED);
  }

  addAfter(id: string | null, code = ""): Cell {
    const cell = newCell(code);
    const at = id === null ? this.store.current.cells.length : this.index(id) + 1;
    this.store.update(insert(this.store.current, at, cell));
    return cell;
  }

  index(id: string): number {
    return this.store.current.cells.findIndex((cell) => cell.id === id);
  }

  private cell(id: string): Cell | undefined {
    return this.store.current.cells[this.index(id)];
  }

  private knows(run: string): boolean {
    return this.store.current.cells.some((cell) => cell.run === run);
  }

  private bind(id: string, run: string, position: number): void {
    const known = runs.open(run);
    // Kept a moment later: a result is shown first, and the ledger knows what ran.
    this.store.update(bind(this.store.current, id, run), true);
    if (known.status !== "queued") return;
    known.position = position;
    runs.mark(known);
  }

  private askWhose(run: string): void {
    if (!this.knows(run)) void this.sync();
  }

  private behind(kernel: Kernel | null): boolean {
    if (kernel === null) return false;
    const unknown = kernel.current_execution !== null && !runs.get(kernel.current_execution);
    return unknown || kernel.queue_length > 0;
  }

  private runsHere(): string[] {
    return this.store.current.cells.flatMap((cell) => (cell.run ? [cell.run] : []));
  }

  private async ask(): Promise<void> {
    const ours = await rowsOf(this.uid, this.flow);
    const erased = await this.erasures.among(ours, this.runsHere());
    this.store.update(clearOutputs(this.store.current, erased));
    for (const row of ours) if (this.knows(row.id)) runs.summarise(row);
    if (this.sends.underWay) return;
    const rows: Seen[] = ours.map(({ id, seq, code, cleared_at }) => ({ id, seq, code, cleared: cleared_at !== null }));
    this.store.update(adopt(this.store.current, rows));
    for (const row of ours) if (this.knows(row.id) && !runs.get(row.id)) runs.summarise(row);
    await this.loadAll();
  }
}
