// The output of one execution, live while it runs.
import { useCallback, useEffect, useState } from "react";
import type { LiveEvent } from "../live/events";
import { isOfExecution } from "../live/events";
import { useLiveEvents, useOpened, useTopics } from "../live/useLive";
import type { Run as Output } from "../notebook/runs/run";
import { runs, useRun } from "../notebook/runs/runs";

export function useExecution(id: string | null, kernel: string | null, open: boolean): { output: Output | undefined; error: unknown } {
  const output = useRun(id);
  const [failed, setFailed] = useState<{ id: string; error: unknown } | null>(null);
  useTopics(kernel !== null && open ? [`kernel:${kernel}`] : []);
  useLiveEvents(
    useCallback((event: LiveEvent) => {
      if (isOfExecution(event) && event.execution_id === id) runs.take(event);
    }, [id]),
  );
  const opened = useOpened();
  // Also when it has ended: its last events may not have come.
  useEffect(() => {
    if (id === null) return;
    let there = true;
    runs.load(id).then(
      () => there && setFailed(null),
      (error: unknown) => there && setFailed({ id, error }),
    );
    return () => {
      there = false;
    };
  }, [id, open, opened]);
  return { output, error: failed?.id === id ? failed.error : null };
}
