// Cells on their way to the server, and those that did not get there.
import { useSyncExternalStore } from "react";

export interface Send { key: string; error: unknown }

export class Sends {
  private readonly all = new Map<string, Send>();
  private readonly watchers = new Set<() => void>();

  set(cell: string, send: Send | null): void {
    if (send) this.all.set(cell, send);
    else this.all.delete(cell);
    for (const watcher of this.watchers) watcher();
  }

  get(cell: string): Send | undefined {
    return this.all.get(cell);
  }

  get underWay(): boolean {
    return [...this.all.values()].some((send) => send.error === null);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };
}

export function useSend(sends: Sends, cell: string): Send | undefined {
  return useSyncExternalStore(sends.watch, () => sends.get(cell));
}
