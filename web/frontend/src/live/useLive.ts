import { useEffect, useSyncExternalStore } from "react";
import { live } from "./connection";
import type { LiveEvent } from "./events";
import type { StreamState } from "./protocol";

export function useTopics(topics: string[]): void {
  const key = topics.join(",");
  useEffect(() => (key === "" ? undefined : live.follow(key.split(","))), [key]);
}

export function useLiveEvents(take: (event: LiveEvent) => void): void {
  useEffect(() => live.listen(take), [take]);
}

export function useStreamState(): StreamState {
  return useSyncExternalStore(live.watch, () => live.state);
}

// Grows with every (re)connection: what was asked before may have missed something.
export function useOpened(): number {
  return useSyncExternalStore(live.watch, () => live.opened);
}
