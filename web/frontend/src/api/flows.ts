// Calls about flows: their documents, versions and runs.
import { all, type RunRow } from "./runs";
import { ApiError, get, post, request, url } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

const part = encodeURIComponent;

type Schemas = components["schemas"];

export type FlowSummary = Schemas["FlowSummary"];
// Where nothing was put, there is no position.
export type FlowNode = Omit<Schemas["NodeShape"], "position"> & { position?: { x: number; y: number } | null };
export type Flow = Omit<Schemas["FlowShape"], "nodes"> & { nodes: FlowNode[] };
export type Connection = Schemas["ConnectionShape"];
export type FlowDocument = Pick<Flow, "name" | "nodes" | "connections" | "parameters" | "default_kernel">;
export type FlowVersion = Schemas["FlowVersionShape"];
export interface RunOptions {
  cache?: boolean;
  start_kernels?: boolean;
  max_parallel?: number;
  timeout_s?: number | null;
  targets?: string[];
}
export interface RunWish { parameters: Record<string, unknown>; options: RunOptions; version?: number; idempotency_key?: string }

export const flows = (): Promise<Page<FlowSummary>> => all("/flows?limit=200");
export const flow = (id: string): Promise<Flow> => get(`/flows/${part(id)}`);
export const flowAt = (id: string, version: number): Promise<Flow> => get(`/flows/${part(id)}/versions/${version}`);
export const flowVersions = (id: string): Promise<Page<FlowVersion>> => get(`/flows/${part(id)}/versions?limit=100`);
export const createFlow = (document: FlowDocument): Promise<Flow> => post("/flows", document);
// `version`: the one that was changed; null: whatever is the newest.
export async function saveFlow(id: string, document: FlowDocument, version: number | null): Promise<Flow> {
  const base = version ?? (await flow(id)).version;
  return request("PUT", `/flows/${part(id)}`, { ...document, version: base });
}
// A file's text as a flow; nothing is saved.
export const parseFlow = async (text: string, format: "json" | "yaml" | null): Promise<FlowDocument> =>
  documentOf(await post<FlowDocument>("/flows/parse", { text, format }));
export const flowFile = (id: string, format: "json" | "yaml", version: number): string =>
  url(`/flows/${part(id)}/file?format=${format}&version=${version}`);
export const deleteFlow = (id: string): Promise<unknown> => request("DELETE", `/flows/${part(id)}`);
export const startRun = (id: string, wish: RunWish): Promise<RunRow> => post(`/flows/${part(id)}/runs`, wish);

// What a row of the list is saved as.
export function documentOf({ name, nodes, connections, parameters, default_kernel }: FlowDocument): FlowDocument {
  return { name, nodes, connections, parameters, default_kernel };
}

export const isLostUpdate = (error: unknown): boolean => error instanceof ApiError && error.status === 409;
