// The latest runs of one flow.
import { useInfiniteQuery } from "@tanstack/react-query";
import { runs as askRuns, type RunRow } from "../api/runs";
import { LISTS } from "../runs/liveRuns";

const MOST = "8";

export function useRunsOf(flow: string): RunRow[] {
  const { data } = useInfiniteQuery({
    queryKey: [...LISTS, "of", flow],
    queryFn: () => askRuns({ flow, limit: MOST }),
    initialPageParam: "",
    getNextPageParam: () => undefined,
    staleTime: 0,
  });
  return data?.pages[0]?.items ?? [];
}
