// What the palette finds things among: what this browser has at hand, and what the server finds by the words.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { execution } from "../../api/calls";
import { names } from "../../api/catalog";
import { ApiError, get } from "../../api/client";
import type { SharedFile } from "../../api/files";
import { notebooks } from "../../api/notebooks";
import { run as askRun, runs as askRuns, type RunRow } from "../../api/runs";
import { kernelsQuery } from "../../kernels/useKernels";
import { openRunsQuery } from "../../runs/liveRuns";
import { flowsQuery } from "../../runs/RunFilters";
import { schedulesQuery } from "../../schedules/useSchedules";
import { useRole } from "../queries";
import type { Things } from "./things";

const PAUSE_MS = 150;
const FRESH_MS = 15_000;
const RECENT = "50";
const LONGEST = 200;
const RUN_ID = /^[A-Za-z0-9]{12}$/;
const EXECUTION_ID = /^[A-Za-z0-9]{12}-[0-9a-f-]{36}$/;

const recentRuns = { queryKey: ["runs", "recent"], queryFn: () => askRuns({ limit: RECENT }), staleTime: FRESH_MS };
const files = (prefix: string) => ({
  queryKey: ["files", "found", prefix],
  queryFn: () => get<{ items: SharedFile[] }>(`/files?${new URLSearchParams({ prefix, limit: "500" }).toString()}`),
  staleTime: FRESH_MS,
});

const none: readonly never[] = [];
const itemsOf = <T>(query: { data: { items: T[] } | undefined }): readonly T[] => query.data?.items ?? none;

export function useKnown(text: string): { known: Things; waits: boolean } {
  const words = useSettled(text.trim());
  const role = useRole();
  const lists = useLists();
  const found = useFound(words);
  const known: Things = {
    ...lists,
    runs: unique([...lists.runs, ...found.runs]),
    files: byPath([...lists.files, ...found.files]),
    entries: found.entries,
    execution: found.execution,
    role,
  };
  return { known, waits: words !== text.trim() || found.waits };
}

// What a browser has, or gets whole.
function useLists() {
  const kernels = useQuery(kernelsQuery);
  const flows = useQuery(flowsQuery);
  const open = useQuery(openRunsQuery);
  const recent = useQuery(recentRuns);
  const schedules = useQuery(schedulesQuery);
  const books = useQuery({ queryKey: ["notebooks", "found"], queryFn: () => notebooks(), staleTime: FRESH_MS });
  const all = useQuery(files(""));
  return {
    kernels: itemsOf(kernels),
    flows: itemsOf(flows),
    notebooks: itemsOf(books),
    runs: [...(open.data ?? none), ...itemsOf(recent)],
    schedules: itemsOf(schedules),
    files: itemsOf(all),
  };
}

// What the server finds by these words.
function useFound(words: string) {
  // Paths that are not among the first: those that begin so.
  const more = useQuery({ ...files(words), enabled: words.length > 1 && words.length < LONGEST, placeholderData: keepPreviousData });
  const entries = useQuery({
    queryKey: ["catalog", "found", words], queryFn: () => names({ q: words === "" ? undefined : words.slice(0, LONGEST) }, ""),
    staleTime: FRESH_MS, placeholderData: keepPreviousData,
  });
  const run = useQuery({ queryKey: ["found-run", words], queryFn: () => orNothing(askRun(words)), enabled: RUN_ID.test(words), staleTime: FRESH_MS });
  const cell = useQuery({
    queryKey: ["found-execution", words], queryFn: () => orNothing(execution(words)), enabled: EXECUTION_ID.test(words), staleTime: FRESH_MS,
  });
  return {
    files: itemsOf(more),
    entries: itemsOf(entries),
    runs: run.data ? [run.data] : [],
    execution: cell.data ?? null,
    waits: [entries, more, run, cell].some((one) => one.isFetching),
  };
}

// What one has stopped typing.
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

async function orNothing<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null;
    throw error;
  }
}

const unique = (rows: RunRow[]): RunRow[] => [...new Map(rows.map((row) => [row.id, row])).values()];
const byPath = (rows: SharedFile[]): SharedFile[] => [...new Map(rows.map((row) => [row.path, row])).values()];
