import { useCallback, useMemo } from "react";
import type { LiveEvent } from "../../live/events";
import { gathered } from "../../live/gathered";
import { useLiveEvents } from "../../live/useLive";

const OPEN: ReadonlySet<string> = new Set(["pending", "queued", "running"]);

// Runs of the flow leave tables and artifacts for its cells when they end. Every page follows runs.
export function useRunsEnded(flow: string | null, ask: () => Promise<unknown>): void {
  const again = useMemo(() => gathered(ask), [ask]);
  useLiveEvents(useCallback((event: LiveEvent) => {
    if (event.type === "run" && event.run?.flow_id === flow && !OPEN.has(event.run.state)) again();
  }, [flow, again]));
}
