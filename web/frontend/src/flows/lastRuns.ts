// The latest run of each flow.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { runs as askRuns, type RunRow } from "../api/runs";
import { LISTS } from "../runs/liveRuns";

const MOST = "200";

// Of flows that ran among the latest 200 runs.
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
