import { useCallback, useEffect, useMemo, useRef } from "react";
import type { LiveEvent } from "../../live/events";
import { gathered } from "../../live/gathered";
import { useLiveEvents, useOpened, useTopics } from "../../live/useLive";
import { onRestart } from "../help/restarts";

// What may have changed what a kernel holds: a cell's end, a restart, another namespace that took its place.
const ENDS: ReadonlySet<string> = new Set(["finished", "namespace_ended", "runner_ended", "ready", "gap"]);

// `ask` is called soon after any of it, not more often than it takes.
export function useCellsEnded(kernel: string | null, ask: () => Promise<unknown>): void {
  useTopics(kernel === null ? [] : [`kernel:${kernel}`]);
  const again = useMemo(() => gathered(ask), [ask]);
  useLiveEvents(useCallback((event: LiveEvent) => {
    if ("kernel_id" in event && event.kernel_id === kernel && ENDS.has(event.type)) again();
  }, [kernel, again]));
  useEffect(() => onRestart((of) => of === kernel && clearing(again)), [kernel, again]);
  const opened = useOpened();
  const known = useRef(opened);
  useEffect(() => {
    if (opened !== known.current) again();
    known.current = opened;
  }, [opened, again]);
}

// A kernel clears a namespace between its cells, which takes a moment.
const CLEARED_MS = 500;

function clearing(again: () => void): void {
  again();
  setTimeout(again, CLEARED_MS);
}
