// The cells of one kernel, kept in this browser.
import { useSyncExternalStore } from "react";
import { merge, readSheet, type Sheet } from "./sheet";

const KEEP_AFTER_MS = 300;

export class SheetStore {
  private sheet: Sheet;
  private readonly key: string;
  private readonly watchers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  // The cell whose editor has the focus.
  private typing: string | null = null;

  constructor(name: string) {
    this.key = `husk.cells.${name}`;
    this.sheet = readSheet(localStorage.getItem(this.key));
  }

  static isKept(name: string): boolean {
    return readSheet(localStorage.getItem(`husk.cells.${name}`)).cells.length > 0;
  }

  get current(): Sheet {
    return this.sheet;
  }

  update(next: Sheet, later = false): void {
    if (next === this.sheet) return;
    this.sheet = next;
    for (const watcher of this.watchers) watcher();
    clearTimeout(this.timer);
    if (later) this.timer = setTimeout(this.keep, KEEP_AFTER_MS);
    else this.keep();
  }

  focused(cell: string, on: boolean): void {
    if (on) this.typing = cell;
    else if (this.typing === cell) this.typing = null;
  }

  // Begins to listen to other tabs; returns what ends it.
  attach(): () => void {
    const changed = (event: StorageEvent): void => {
      if (event.key !== this.key || event.newValue === null) return;
      this.sheet = merge(readSheet(event.newValue), this.sheet, this.typing);
      for (const watcher of this.watchers) watcher();
    };
    window.addEventListener("storage", changed);
    window.addEventListener("pagehide", this.keep);
    return () => {
      this.keep();
      window.removeEventListener("storage", changed);
      window.removeEventListener("pagehide", this.keep);
    };
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  private readonly keep = (): void => {
    clearTimeout(this.timer);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.sheet));
    } catch {
      // Full or forbidden: the page works on, and the ledger has what ran.
    }
  };
}

export function useSheet(store: SheetStore): Sheet {
  return useSyncExternalStore(store.watch, () => store.current);
}
