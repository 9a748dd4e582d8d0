// Whose keys run cells: ours or Jupyter's, kept for this browser.
import { useSyncExternalStore } from "react";

export type Scheme = "husk" | "jupyter";

const KEY = "husk.keys";
const watchers = new Set<() => void>();

export function scheme(): Scheme {
  try {
    return localStorage.getItem(KEY) === "jupyter" ? "jupyter" : "husk";
  } catch {
    return "husk";
  }
}

export function setScheme(next: Scheme): void {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Forbidden: then ours are the keys.
  }
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

export function useScheme(): Scheme {
  return useSyncExternalStore(watch, scheme);
}
