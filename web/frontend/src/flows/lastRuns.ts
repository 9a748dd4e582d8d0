// The latest run of each flow: the list of flows tells it, and the stream of runs moves it on.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FlowSummary } from "../api/flows";
import { runs as askRuns, type RunRow } from "../api/runs";
import { LISTS } from "../runs/liveRuns";

const MOST = "100";

// Of flows that ran among the latest runs, as they are at this moment.
export function useLastRuns(): Map<string, RunRow> {
  const { data } = useInfiniteQuery({
    queryKey: [...LISTS, "latest"],
    queryFn: () => askRuns({ limit: MOST }),
    initialPageParam: "",
    getNextPageParam: () => undefined,
    staleTime: 0,
  });
  return useMemo(() => latest(data?.pages.flatMap((page) => page.items) ?? []), [data]);
}

export function latest(rows: readonly RunRow[]): Map<string, RunRow> {
  const found = new Map<string, RunRow>();
  // The newest comes first.
  for (const row of rows) if (!found.has(row.flow_id)) found.set(row.flow_id, row);
  return found;
}

export function lastOf(flow: Pick<FlowSummary, "last_run">, live: RunRow | undefined): FlowSummary["last_run"] {
  return live ? { id: live.id, state: live.state, at: live.started_at ?? live.created_at } : flow.last_run;
}
