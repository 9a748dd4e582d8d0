// Runs as pages know them, kept true by the event stream.
import { useQuery, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { run as askRun, runs as askRuns, type NodeRun, type Run, type RunRow } from "../api/runs";
import type { Me, Page } from "../api/types";
import { meQuery, queryClient } from "../app/queries";
import type { LiveEvent } from "../live/events";
import { gathered } from "../live/gathered";
import { useLiveEvents, useOpened, useStreamState, useTopics } from "../live/useLive";
import { isOpen } from "./states";

type Pages = InfiniteData<Page<RunRow>>;
export const runKey = (id: string): string[] => ["run", id];
// Every list of runs has a key that begins so.
export const LISTS = ["runs"];

const MOST_OPEN = "50";
export const openRunsQuery = {
  queryKey: ["open-runs"],
  queryFn: async (): Promise<RunRow[]> => {
    const [running, queued] = await Promise.all(
      ["running", "queued"].map((state) => askRuns({ state, limit: MOST_OPEN })),
    );
    return [...(running?.items ?? []), ...(queued?.items ?? [])];
  },
};

const ASKED_ANEW = new Set(["runs", "run", "open-runs", "comparison"]);
const askLists = gathered(() => queryClient.invalidateQueries({ queryKey: LISTS }));

// For the frame of all pages.
export function useLiveRuns(): void {
  useTopics(["runs"]);
  useLiveEvents(useCallback((event: LiveEvent) => event.type === "run" && take(queryClient, event.run_id, event.run), []));
  const opened = useOpened();
  const refused = useStreamState() === "refused";
  useEffect(() => {
    if (opened === 0 && !refused) return;
    // What was told while no stream was open, or before it named a page's runs, was not heard.
    void queryClient.invalidateQueries({ predicate: ({ queryKey: [what] }) => ASKED_ANEW.has(String(what)) });
  }, [opened, refused]);
}

export function useRun(id: string | null) {
  const found = useQuery({ queryKey: runKey(id ?? ""), queryFn: () => askRun(id ?? ""), enabled: id !== null, staleTime: 0 });
  // One that is gone may not be asked for.
  useTopics(id !== null && found.data && !found.error ? [`run:${id}`] : []);
  useLiveEvents(
    useCallback((event: LiveEvent) => {
      if (event.type === "node" && event.run_id === id) putNode(queryClient, id, event.node);
    }, [id]),
  );
  return found;
}

// A run that somebody here asked for, or heard of.
export function take(client: QueryClient, id: string, row: RunRow | null): void {
  client.setQueryData<Run>(runKey(id), (run) => run && (row === null ? undefined : { ...run, ...row }));
  if (row === null) void client.invalidateQueries({ queryKey: runKey(id) });
  // An admin hears of everybody's; lists are of one's own.
  if (row !== null && row.owner !== client.getQueryData<Me>(meQuery.queryKey)?.user.name) return;
  client.setQueryData<RunRow[]>(openRunsQuery.queryKey, (open) => open && withOne(open, id, row));
  let known = false;
  client.setQueriesData<Pages>({ queryKey: LISTS }, (data) => {
    if (!data?.pages.some((page) => page.items.some((one) => one.id === id))) return data;
    known = true;
    return { ...data, pages: data.pages.map((page) => ({ ...page, items: replaced(page.items, id, row) })) };
  });
  if (!known || row === null || !isOpen(row.state)) askLists();
  if (row !== null && !isOpen(row.state)) {
    void client.invalidateQueries({ queryKey: runKey(id) });
    void client.invalidateQueries({ predicate: ({ queryKey: [what] }) => what === "schedules" || what === "fires" });
  }
}

function replaced(rows: RunRow[], id: string, row: RunRow | null): RunRow[] {
  return rows.flatMap((one) => (one.id !== id ? [one] : row === null ? [] : [{ ...one, ...row }]));
}

export function withOne(open: RunRow[], id: string, row: RunRow | null): RunRow[] {
  const others = open.filter((one) => one.id !== id);
  if (row === null || !isOpen(row.state)) return others;
  return open.length === others.length ? [row, ...open] : open.map((one) => (one.id === id ? row : one));
}

function putNode(client: QueryClient, id: string, node: NodeRun): void {
  client.setQueryData<Run>(runKey(id), (run) => run && { ...run, nodes: withNode(run.nodes, node) });
  void client.invalidateQueries({ queryKey: ["attempts", id, node.node_id] });
}

export function withNode(nodes: NodeRun[], node: NodeRun): NodeRun[] {
  return nodes.map((one) => (one.node_id === node.node_id && node.attempt >= one.attempt ? { ...one, ...node } : one));
}
