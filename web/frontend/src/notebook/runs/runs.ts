// All executions that the open notebook shows, by id.
import { useSyncExternalStore } from "react";
import { execution, executionsOf } from "../../api/calls";
import type { ExecutionSummary, RecordedExecution } from "../../api/types";
import { live } from "../../live/connection";
import type { ExecutionEvent } from "../../live/events";
import { Painter } from "./painter";
import { Run } from "./run";

// Clocks of kernel and Redis may differ by a little.
const BEFORE_S = 5;
const AGAIN_MS = 2000;
// The first ones are on screen before the others have come.
const FIRST = 10;
const AT_ONCE = 50;
const LANES = 2;
// Whose beginning does not come then has lost it.
const MOST_REPLAYS = 3;

class Runs {
  private readonly all = new Map<string, Run>();
  private readonly watchers = new Map<string, Set<() => void>>();
  private readonly painter = new Painter<Run>((run) => this.announce(run));
  private readonly asked = new Set<string>();
  private readonly waiting = new Set<string>();
  private readonly replayed = new Map<string, number>();
  private readonly anyWatchers = new Set<() => void>();
  version = 0;

  get(id: string): Run | undefined {
    return this.all.get(id);
  }

  open(id: string): Run {
    const there = this.all.get(id) ?? new Run(id);
    this.all.set(id, there);
    return there;
  }

  take(event: ExecutionEvent): void {
    const run = this.open(event.execution_id);
    if (run.take(event)) this.painter.mark(run, event.type === "finished");
    else if (!run.whole && !run.ended) this.reload(run);
  }

  summarise(row: ExecutionSummary): Run {
    const isNew = !this.all.has(row.id);
    const run = this.open(row.id);
    const before = { ...run };
    run.summarise(row);
    if (isNew || Object.entries(before).some(([key, value]) => run[key as keyof Run] !== value)) this.painter.mark(run);
    return run;
  }

  // Its output from the ledger, once; of one that runs, its events from the beginning.
  async load(id: string): Promise<void> {
    const run = this.open(id);
    if (run.loaded || this.asked.has(id)) return;
    this.asked.add(id);
    try {
      await this.fetch(run);
    } finally {
      this.asked.delete(id);
    }
  }

  // In their order, a few at a time: what somebody runs meanwhile does not stand behind them all.
  async loadAll(ids: readonly string[]): Promise<void> {
    const left = ids.filter((id) => !this.open(id).loaded && !this.asked.has(id));
    const packs = [left.splice(0, FIRST)];
    while (left.length > 0) packs.push(left.splice(0, AT_ONCE));
    const lane = async (): Promise<void> => {
      for (let pack = packs.shift(); pack !== undefined; pack = packs.shift()) await this.loadPack(pack).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  // Events were lost: only the ledger knows now.
  distrust(): void {
    for (const run of this.all.values()) {
      if (run.ended) continue;
      run.whole = false;
      void this.load(run.id).catch(() => undefined);
    }
  }

  mark(run: Run): void {
    this.painter.mark(run);
  }

  forget(): void {
    this.all.clear();
    this.replayed.clear();
  }

  watch(id: string, watcher: () => void): () => void {
    const there = this.watchers.get(id) ?? new Set();
    this.watchers.set(id, there.add(watcher));
    return () => void there.delete(watcher);
  }

  // Until it has ended, or for so long.
  ended(id: string, mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        stop();
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, mostMs);
      const stop = this.watch(id, () => this.get(id)?.ended && done());
      if (this.get(id)?.ended) done();
    });
  }

  watchAny = (watcher: () => void): (() => void) => {
    this.anyWatchers.add(watcher);
    return () => void this.anyWatchers.delete(watcher);
  };

  private async loadPack(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.asked.add(id);
    try {
      let left = ids;
      while (left.length > 0) {
        const { items, next } = await executionsOf(left);
        for (const row of items) this.show(this.open(row.id), row);
        left = next === null ? [] : left.slice(left.indexOf(next));
      }
    } finally {
      for (const id of ids) this.asked.delete(id);
    }
  }

  private async fetch(run: Run): Promise<void> {
    this.show(run, await execution(run.id));
  }

  private show(run: Run, row: RecordedExecution): void {
    run.load(row);
    this.painter.mark(run);
    const times = this.replayed.get(run.id) ?? 0;
    if (run.ended || run.whole || !row.started_at || times >= MOST_REPLAYS) return;
    this.replayed.set(run.id, times + 1);
    live.replay(row.kernel_id, Date.parse(row.started_at) / 1000 - BEFORE_S);
  }

  // Its beginning did not come, or is not to be had any more: then what is recorded so far is shown, again
  // and again.
  private reload(run: Run): void {
    if (this.waiting.has(run.id)) return;
    this.waiting.add(run.id);
    setTimeout(() => {
      this.waiting.delete(run.id);
      if (!run.whole && !run.ended) void this.load(run.id).catch(() => undefined);
    }, AGAIN_MS);
  }

  private announce(run: Run): void {
    run.version += 1;
    this.version += 1;
    for (const watcher of this.watchers.get(run.id) ?? []) watcher();
    for (const watcher of this.anyWatchers) watcher();
  }
}

export const runs = new Runs();

export function useRun(id: string | null): Run | undefined {
  useSyncExternalStore(
    (watcher) => (id === null ? () => undefined : runs.watch(id, watcher)),
    () => (id === null ? 0 : (runs.get(id)?.version ?? 0)),
  );
  return id === null ? undefined : runs.get(id);
}
