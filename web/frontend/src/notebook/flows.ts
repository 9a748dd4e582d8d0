// Namespaces of a kernel that anything ran in lately.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { executions, flowNames } from "../api/calls";
import { notebooks } from "../api/notebooks";
import type { ExecutionSummary } from "../api/types";
import { SheetStore } from "./cells/store";
import { sheetName } from "./place";

const OF_NOTEBOOKS = "nb-";
const FRESH_MS = 60_000;

// In an address, where null cannot stand.
export const LOOSE = "-";

// `first` is the one to begin with: the loose one, unless only others were ever used. Undefined: not known yet.
export function useFlows(uid: string): { flows: string[]; first: string | null | undefined } {
  const { data, error } = useQuery({ queryKey: ["flows", uid], queryFn: () => executions(uid, "&limit=100") });
  const flows = useMemo(() => flowsOf(data?.items ?? []), [data]);
  if (error) return { flows, first: null };
  if (!data) return { flows, first: undefined };
  const kept = SheetStore.isKept(sheetName(uid, null));
  // Runs of nodes are no cells that somebody goes on with.
  const people = data.items.filter((row) => row.interactive);
  return { flows, first: kept ? null : firstOf(people.length > 0 ? people : data.items) };
}

// Names of one's own saved flows and notebooks by their ids; what is neither is called as its cells call it.
export function useFlowNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const hasBooks = ids.some((id) => id.startsWith(OF_NOTEBOOKS));
  const flows = useQuery({ queryKey: ["flow-names"], queryFn: flowNames, enabled: ids.some((id) => id !== LOOSE), staleTime: FRESH_MS });
  const books = useQuery({ queryKey: ["notebooks", "found"], queryFn: () => notebooks(), enabled: hasBooks, staleTime: FRESH_MS });
  return useMemo(
    () => new Map([...(flows.data?.items ?? []), ...(books.data?.items ?? [])].map((one) => [one.id, one.name])), [flows.data, books.data],
  );
}

export function flowsOf(rows: readonly Pick<ExecutionSummary, "flow_id">[]): string[] {
  return [...new Set(rows.flatMap((row) => (row.flow_id === null ? [] : [row.flow_id])))].sort();
}

export function firstOf(rows: readonly Pick<ExecutionSummary, "flow_id">[]): string | null {
  return rows.some((row) => row.flow_id === null) ? null : (rows[0]?.flow_id ?? null);
}
