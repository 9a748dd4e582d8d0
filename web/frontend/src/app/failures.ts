// What went wrong with something that was asked for away from its own page: said on top, until it was read.
import { useSyncExternalStore } from "react";

const watchers = new Set<() => void>();
let told: { words: string; error: unknown } | null = null;

export function tellFailure(words: string, error: unknown): void {
  put({ words, error });
}

export function clearFailure(): void {
  put(null);
}

function put(next: typeof told): void {
  told = next;
  for (const watcher of watchers) watcher();
}

export function useFailure() {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => told,
  );
}
