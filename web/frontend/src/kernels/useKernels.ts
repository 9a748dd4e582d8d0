// The kernels of a person, kept true by the event stream.
import { useQuery, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { kernel as askKernel, kernels as askKernels, tellKernel } from "../api/calls";
import type { Kernel, Page } from "../api/types";
import { queryClient } from "../app/queries";
import type { LiveEvent } from "../live/events";
import { useLiveEvents, useOpened, useStreamState, useTopics } from "../live/useLive";
import { following } from "./following";
import { memory } from "./memory";

export const kernelsQuery = { queryKey: ["kernels"], queryFn: askKernels };

export function useLiveKernels(): void {
  const { data } = useQuery(kernelsQuery);
  const shown = useSyncExternalStore(following.watch, following.get);
  // One that is gone, or not shared any more, may not be asked for.
  const there = useMemo(() => new Set(data?.items.map((one) => one.uid)), [data]);
  const topics = ["kernels", ...shown.filter((uid) => there.has(uid)).map((uid) => `kernel:${uid}`)];
  useTopics(topics);
  useLiveEvents(useCallback((event: LiveEvent) => take(queryClient, event), []));
  const opened = useOpened();
  useEffect(() => {
    if (opened > 0) void queryClient.invalidateQueries({ queryKey: ["kernels"] });
  }, [opened]);
  const refused = useStreamState() === "refused";
  useEffect(() => {
    if (refused) void queryClient.invalidateQueries({ predicate: ({ queryKey: [what] }) => what === "kernels" || what === "kernel" });
  }, [refused]);
}

// Null: none is meant.
export function useKernel(id: string | null) {
  const list = useQuery(kernelsQuery);
  const listed = list.data?.items.find((one) => one.uid === id || one.id === id);
  // What is shared with one, or an admin's look at somebody's, is in no list.
  const single = useQuery({
    queryKey: ["kernel", id],
    queryFn: () => askKernel(id ?? ""),
    enabled: id !== null && list.isFetched && !listed,
  });
  const kernel = listed ?? single.data;
  useTopics(kernel ? [`kernel:${kernel.uid}`] : []);
  return { kernel, error: listed ? null : (single.error ?? list.error) };
}

export async function tell(kernel: Kernel, what: "start" | "stop" | "restart"): Promise<void> {
  put(queryClient, kernel.uid, await tellKernel(kernel.uid, what));
}

export function put(client: QueryClient, uid: string, kernel: Kernel | null): void {
  client.setQueryData<Page<Kernel>>(["kernels"], (page) => page && { ...page, items: place(page.items, uid, kernel) });
  for (const key of [uid, kernel?.id]) {
    if (key && client.getQueryData(["kernel", key])) client.setQueryData(["kernel", key], kernel ?? undefined);
  }
}

function place(items: Kernel[], uid: string, kernel: Kernel | null): Kernel[] {
  if (kernel === null) return items.filter((one) => one.uid !== uid);
  const there = items.some((one) => one.uid === uid);
  // An admin hears of everybody's; the list is of one's own and of what is shared with one.
  if (!there && kernel.access === "admin") return items;
  return there ? items.map((one) => (one.uid === uid ? kernel : one)) : [...items, kernel];
}

function take(client: QueryClient, event: LiveEvent): void {
  if (event.type === "pulse") memory.take(event);
  else if (event.type === "kernel") put(client, event.kernel_id, event.kernel as Kernel | null);
}
