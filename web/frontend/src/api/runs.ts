// Calls about runs of flows.
import { get, post, url } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

const part = encodeURIComponent;

type Schemas = components["schemas"];

export type RunRow = Schemas["RunSummary"];
export type Run = Schemas["RunShape"];
export type RunState = RunRow["state"];
export type NodeRun = Schemas["NodeRunShape"];
export type NodeState = NodeRun["state"];
export type NodeOutput = Schemas["NodeOutputShape"];
export type Counts = Partial<RunRow["counts"]>;
export type RunLog = Schemas["LogLineShape"];
export interface LogFilter { node?: string | undefined; level?: string | undefined; q?: string | undefined }

export const run = (id: string): Promise<Run> => get(`/runs/${part(id)}`);
export const runs = (query: Record<string, string>): Promise<Page<RunRow>> =>
  get(`/runs?${new URLSearchParams(query).toString()}`);
export const attempts = (id: string, node: string): Promise<Schemas["NodeAttempts"]> =>
  get(`/runs/${part(id)}/nodes/${part(node)}`);
// The newest first.
export function runLogs(id: string, filter: LogFilter, after: string): Promise<Page<RunLog>> {
  const query = new URLSearchParams({ limit: "200" });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value as string);
  if (after !== "") query.set("after", after);
  return get(`/runs/${part(id)}/logs?${query.toString()}`);
}
export const outputPreview = (id: string, node: string, name: string): Promise<Schemas["OutputPreview"]> =>
  get(`/runs/${part(id)}/outputs/${part(node)}/${part(name)}/preview`);
export const outputContent = (id: string, node: string, name: string): string =>
  url(`/runs/${part(id)}/outputs/${part(node)}/${part(name)}/content`);
export type Comparison = Schemas["ComparisonShape"];
export type NodeDifference = Schemas["NodeDifference"];
export type Difference = Schemas["PairShape"];
export const comparison = (id: string, other: string): Promise<Comparison> => get(`/runs/${part(id)}/compare/${part(other)}`);
export const cancelRun = (id: string): Promise<RunRow> => post(`/runs/${part(id)}/cancel`);
export const resumeRun = (id: string): Promise<RunRow> => post(`/runs/${part(id)}/resume`);
export const rerunRun = (id: string): Promise<RunRow> => post(`/runs/${part(id)}/rerun`);

const MOST_PAGES = 20;

// A whole list, page by page.
export async function all<T>(path: string): Promise<Page<T>> {
  const found = await get<Page<T>>(path);
  for (let page = 1; found.next !== null && page < MOST_PAGES; page += 1) {
    const more = await get<Page<T>>(`${path}&after=${part(found.next)}`);
    found.items.push(...more.items);
    found.next = more.next;
  }
  return found;
}
