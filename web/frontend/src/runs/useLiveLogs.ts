// Lines of nodes that run, as they come, until the ledger has them.
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Run, RunLog } from "../api/runs";
import { isOfExecution, type LiveEvent } from "../live/events";
import { useLiveEvents, useOpened, useTopics } from "../live/useLive";
import { runs } from "../notebook/runs/runs";
import { isLike, liveLines, MOST_FOLLOWED, type Followed, type Wanted } from "./logs";

export function useLiveLogs(run: Run, recorded: readonly RunLog[], wanted: Wanted): RunLog[] {
  const running = useMemo(() => runningIn(run), [run]);
  // Who has ended is followed on: its lines are in the ledger a moment later.
  const [followed, setFollowed] = useState<Followed[]>([]);
  const fresh = running.filter((one) => !followed.some((other) => other.execution === one.execution));
  if (fresh.length > 0) setFollowed([...followed, ...fresh].slice(-MOST_FOLLOWED));
  useTopics([...new Set(running.map((one) => `kernel:${one.kernel}`))].sort());
  useLiveEvents(
    useCallback((event: LiveEvent) => {
      if (isOfExecution(event) && followed.some((one) => one.execution === event.execution_id)) runs.take(event);
    }, [followed]),
  );
  const opened = useOpened();
  useEffect(() => {
    void runs.loadAll(followed.map((one) => one.execution));
  }, [followed, opened]);
  const version = useSyncExternalStore(runs.watchAny, () => runs.version);
  return useMemo(() => {
    const there = new Set(recorded.map((line) => line.execution_id));
    const lines = followed.filter((one) => !there.has(one.execution)).flatMap((one) => liveLines(one, runs.get(one.execution)?.logs ?? []));
    return lines.filter((line) => isLike(line, wanted));
    // What the store holds is known by its version.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [recorded, followed, wanted, version]);
}

function runningIn(run: Run): Followed[] {
  return run.nodes.flatMap(({ node_id: node, execution_id: execution, kernel_id: kernel, finished_at: end }) =>
    execution !== null && kernel !== null && end === null ? [{ node, execution, kernel, flow: run.flow_id }] : [],
  ).slice(0, MOST_FOLLOWED);
}
