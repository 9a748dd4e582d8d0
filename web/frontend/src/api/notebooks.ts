// Calls about notebooks: their cells, versions and files.
import { all } from "./runs";
import { get, post, request, url } from "./client";
import type { components } from "./schema";
import type { ExecutionSummary, Page } from "./types";

const part = encodeURIComponent;

type Schemas = components["schemas"];

export type NotebookCell = Schemas["NotebookCellShape"];
export type NotebookSummary = Schemas["NotebookSummary"];
export type NotebookShape = Schemas["NotebookShape"];
export type NotebookVersion = Schemas["NotebookVersionShape"];
// A cell without outputs keeps those that it has; null: none.
export type NewNotebookCell = Omit<NotebookCell, "outputs"> & Partial<Pick<NotebookCell, "outputs">>;
export interface NotebookDocument { name: string; kernel: string | null; cells: NewNotebookCell[] }

export const notebooks = (search = ""): Promise<Page<NotebookSummary>> =>
  all(`/notebooks?limit=200${search === "" ? "" : `&q=${part(search)}`}`);
export const notebook = (id: string): Promise<NotebookShape> => get(`/notebooks/${part(id)}`);
export const notebookAt = (id: string, version: number): Promise<NotebookShape> => get(`/notebooks/${part(id)}?version=${version}`);
export const createNotebook = (document: Partial<NotebookDocument> & { name: string }): Promise<NotebookShape> => post("/notebooks", document);
export const saveNotebook = (id: string, document: NotebookDocument, version: number, label?: string): Promise<NotebookSummary> =>
  request("PUT", `/notebooks/${part(id)}`, { ...document, version, ...(label !== undefined && { label }) });
export const deleteNotebook = (id: string): Promise<unknown> => request("DELETE", `/notebooks/${part(id)}`);
export const notebookVersions = (id: string): Promise<Page<NotebookVersion>> => get(`/notebooks/${part(id)}/versions?limit=100`);
export const clearNotebook = (id: string): Promise<unknown> => request("DELETE", `/notebooks/${part(id)}/outputs`);
export const importNotebook = (file: unknown, name: string, kernel: string | null): Promise<NotebookShape> =>
  post(`/notebooks/import?name=${part(name)}${kernel === null ? "" : `&kernel=${part(kernel)}`}`, file);

export const notebookFile = (id: string): string => url(`/notebooks/${part(id)}/ipynb`);
export const nodeFile = (flow: string, node: string): string => url(`/flows/${part(flow)}/nodes/${part(node)}/notebook`);

// Of each cell the newest execution, on whichever kernel.
export const latestOfCells = (flow: string): Promise<Page<ExecutionSummary>> =>
  all(`/executions?flow=${part(flow)}&latest_per_cell=true&limit=200`);
