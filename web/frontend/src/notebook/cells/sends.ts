// Cells on their way to the server, and those that did not get there.
import { useSyncExternalStore } from "react";

// `key` names the try: sent again with the same code it is the same execution.
export interface Send { key: string; code: string; error: unknown }

// Most cells have ended before: then nothing is shown of their way.
export const SOON_MS = 80;

export class Sends {
  private readonly all = new Map<string, Send>();
  private readonly watchers = new Set<() => void>();

  set(cell: string, send: Send | null): void {
    this.setAll([[cell, send]]);
  }

  setAll(sends: readonly (readonly [string, Send | null])[]): void {
    for (const [cell, send] of sends) {
      if (send) this.all.set(cell, send);
      else this.all.delete(cell);
    }
    if (sends.some(([, send]) => send?.error === null)) setTimeout(this.tell, SOON_MS);
    else this.tell();
  }

  get(cell: string): Send | undefined {
    return this.all.get(cell);
  }

  private readonly tell = (): void => {
    for (const watcher of this.watchers) watcher();
  };

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
