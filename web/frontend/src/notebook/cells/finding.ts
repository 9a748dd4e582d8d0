// What is looked for in the open notebook, and where it was found.
import { useSyncExternalStore } from "react";
import type { CellDocument } from "./document";
import { matchesIn, patternOf, replacedAll, replacedOne, type Match, type Query } from "./find";
import { change } from "./sheet";

export interface Found { from: number; to: number; current: boolean }

const NONE: readonly Found[] = [];

export class Finding {
  query: Query = { text: "", matchCase: false, regexp: false };
  matches: readonly Match[] = [];
  at = -1;
  // Why the expression is none.
  wrong: string | null = null;
  open = false;
  private shown = new Map<string, readonly Found[]>();
  private readonly watchers = new Set<() => void>();
  version = 0;

  constructor(private readonly document: CellDocument) {}

  // Looks again whenever cells change; returns what ends it.
  attach(): () => void {
    return this.document.watch(() => this.open && this.look(this.at));
  }

  show(open: boolean): void {
    this.open = open;
    this.look(open ? Math.max(0, this.at) : -1);
  }

  ask(part: Partial<Query>): void {
    this.query = { ...this.query, ...part };
    this.look(0);
  }

  // Returns the cell of the match that is shown then.
  go(by: number): string | null {
    const { length } = this.matches;
    if (length > 0) this.look((this.at + by + length) % length);
    return this.matches[this.at]?.cell ?? null;
  }

  replace(by: string): string | null {
    const match = this.matches[this.at];
    const cell = match && this.document.current.cells.find((one) => one.id === match.cell);
    if (!match || !cell) return null;
    const code = replacedOne(cell.code, match, this.query, by);
    const behind = { cell: match.cell, from: match.from + code.length - cell.code.length + (match.to - match.from) };
    this.document.step(change(this.document.current, cell.id, { code }), true);
    const order = new Map(this.document.current.cells.map((one, index) => [one.id, index]));
    const place = (one: { cell: string }): number => order.get(one.cell) ?? 0;
    const next = this.matches.findIndex((one) => place(one) > place(behind) || (one.cell === behind.cell && one.from >= behind.from));
    this.look(next < 0 ? 0 : next);
    return this.matches[this.at]?.cell ?? null;
  }

  // Returns how many were replaced.
  replaceAll(by: string): number {
    const { length } = this.matches;
    if (length === 0) return 0;
    const sheet = this.document.current;
    this.document.step({ ...sheet, cells: replacedAll(sheet.cells, this.query, by) }, true);
    return length;
  }

  of(cell: string): readonly Found[] {
    return this.shown.get(cell) ?? NONE;
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  private look(at: number): void {
    this.wrong = null;
    try {
      this.matches = this.open ? matchesIn(this.document.current.cells, patternOf(this.query)) : [];
    } catch (error) {
      this.matches = [];
      this.wrong = error instanceof Error ? error.message : String(error);
    }
    this.at = Math.min(at, this.matches.length - 1);
    this.shown = new Map();
    this.matches.forEach(({ cell, from, to }, index) => {
      this.shown.set(cell, [...(this.shown.get(cell) ?? []), { from, to, current: index === this.at }]);
    });
    this.version += 1;
    for (const watcher of this.watchers) watcher();
  }
}

export function useFound(finding: Finding, cell: string): readonly Found[] {
  return useSyncExternalStore(finding.watch, () => finding.of(cell));
}

export function useFinding(finding: Finding): number {
  return useSyncExternalStore(finding.watch, () => finding.version);
}
