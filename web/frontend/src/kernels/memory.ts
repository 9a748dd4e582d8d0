// Memory of kernels over the last minutes. Kept out of React's state: fifty kernels say something each second.
import { useSyncExternalStore } from "react";
import type { Pulse } from "../live/events";

export interface Sample { at: number; used: number; limit: number }
export interface Course {
  samples: readonly Sample[];
  executionId: string | null;
  runningSince: number | null;
  // The browser's clock less the kernel's, in seconds.
  skew: number;
}

export const KEPT_S = 300;
const KEY = "husk.memory";
// Kernels beat at moments of their own; laying the page out for each would cost more than all else.
const TOGETHER_MS = 900;

class MemoryStore {
  private readonly courses = new Map<string, Course>(readKept());
  private readonly watchers = new Map<string, Set<() => void>>();
  private readonly changed = new Set<string>();
  private readonly quieted = new Set<string>();
  private due: ReturnType<typeof setTimeout> | undefined;

  take(pulse: Pulse): void {
    const before = this.courses.get(pulse.kernel_id)?.samples ?? [];
    const sample = { at: pulse.at, used: pulse.memory_bytes, limit: pulse.memory_limit_bytes };
    this.courses.set(pulse.kernel_id, {
      samples: added(before, sample),
      executionId: pulse.execution_id,
      runningSince: pulse.running_since,
      skew: Date.now() / 1000 - pulse.at,
    });
    this.changed.add(pulse.kernel_id);
    this.due ??= setTimeout(this.tell, TOGETHER_MS);
  }

  get(uid: string): Course | undefined {
    return this.courses.get(uid);
  }

  watch(uid: string, watcher: () => void): () => void {
    const there = this.watchers.get(uid) ?? new Set();
    this.watchers.set(uid, there.add(watcher));
    return () => void there.delete(watcher);
  }

  // What nobody can see is not drawn; when it comes into sight it is as new as the rest.
  quiet(uid: string, on: boolean): void {
    if (on) this.quieted.add(uid);
    else if (this.quieted.delete(uid)) this.tellOf(uid);
  }

  private readonly tell = (): void => {
    this.due = undefined;
    const changed = [...this.changed].filter((uid) => !this.quieted.has(uid));
    this.changed.clear();
    for (const uid of changed) this.tellOf(uid);
  };

  private tellOf(uid: string): void {
    for (const watcher of this.watchers.get(uid) ?? []) watcher();
  }

  keep(): void {
    localStorage.setItem(KEY, JSON.stringify([...this.courses]));
  }
}

export function added(before: readonly Sample[], sample: Sample): Sample[] {
  if (before.some((one) => one.at >= sample.at)) return [...before];
  return [...before.filter((one) => one.at > sample.at - KEPT_S), sample];
}

function readKept(): [string, Course][] {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]") as [string, Course][];
    const oldest = Date.now() / 1000 - KEPT_S;
    return kept.filter(([, course]) => (course.samples.at(-1)?.at ?? 0) > oldest);
  } catch {
    return [];
  }
}

export const memory = new MemoryStore();
window.addEventListener("pagehide", () => memory.keep());

export function useMemory(uid: string): Course | undefined {
  return useSyncExternalStore(
    (watcher) => memory.watch(uid, watcher),
    () => memory.get(uid),
  );
}
