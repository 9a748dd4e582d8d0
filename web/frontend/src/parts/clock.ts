// The time for everything on a page that shows how long ago: one timer, not one a label.
import { useSyncExternalStore } from "react";

const watchers = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(tick, 1000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  if (document.hidden) return;
  now = Date.now();
  for (const watcher of watchers) watcher();
}

// What a label says of the time. It is drawn anew when that changes, not each second: fifty cards tell the
// hours that their kernels are up.
export function useTime<Said extends string | number>(say: (now: number) => Said): Said {
  return useSyncExternalStore(watch, () => say(now));
}
