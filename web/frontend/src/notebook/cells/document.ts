// The cells of one page, and what watches them; where they are kept is for its kinds to say.
import { useSyncExternalStore } from "react";
import type { Sheet } from "./sheet";
import { noSteps, redo, stepped, undo, type Moved, type Steps } from "./steps";

export abstract class CellDocument {
  // The cell whose editor has the focus.
  protected typing: string | null = null;
  private steps: Steps = noSteps;
  private readonly watchers = new Set<() => void>();

  protected constructor(private sheet: Sheet) {}

  // Begins to listen to other tabs; returns what ends it.
  abstract attach(): () => void;
  // Called after each change; `later`: there is no hurry.
  protected abstract changed(later: boolean): void;

  get current(): Sheet {
    return this.sheet;
  }

  get canUndo(): boolean {
    return this.steps.past.length > 0;
  }

  get canRedo(): boolean {
    return this.steps.future.length > 0;
  }

  // What is no step by itself: typing, outputs.
  update(next: Sheet, later = false): void {
    if (next === this.sheet) return;
    this.show(next);
    this.changed(later);
  }

  // A step that can be taken back; `codes`: it changes what stands in cells.
  step(next: Sheet, codes = false): void {
    if (next === this.sheet) return;
    this.steps = stepped(this.steps, this.sheet, codes);
    this.update(next);
  }

  undo(): void {
    this.go(undo(this.sheet, this.steps));
  }

  redo(): void {
    this.go(redo(this.sheet, this.steps));
  }

  focused(cell: string, on: boolean): void {
    if (on) this.typing = cell;
    else if (this.typing === cell) this.typing = null;
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  // What is on the page now can be come back to.
  protected remember(): void {
    this.steps = stepped(this.steps, this.sheet, true);
  }

  // What came from elsewhere: it need not be kept.
  protected show(next: Sheet): void {
    this.sheet = next;
    this.announce();
  }

  protected announce(): void {
    for (const watcher of this.watchers) watcher();
  }

  private go(moved: Moved | null): void {
    if (!moved) return;
    this.steps = moved.steps;
    this.update(moved.sheet);
  }
}

export function useSheet(document: CellDocument): Sheet {
  return useSyncExternalStore(document.watch, () => document.current);
}
