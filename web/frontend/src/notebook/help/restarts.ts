// Restarts of namespaces from this page: no event tells of them, and what was known of the variables is gone.
import { forget } from "./snapshot";

type Heard = (kernel: string) => unknown;
const heard = new Set<Heard>();

export function restarted(kernel: string, flow: string | null): void {
  forget({ kernel, flow });
  for (const one of heard) one(kernel);
}

// Returns what ends it.
export function onRestart(then: Heard): () => void {
  heard.add(then);
  return () => void heard.delete(then);
}
