// Questions to a kernel about code: what could stand there, what stands there, and what there is.
import { get, request } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Completions = Schemas["Completions"];
export type Inspection = Schemas["Inspection"];
export type CallSignature = Schemas["CallSignature"];
export type Variable = Schemas["Variable"];
export type Variables = Schemas["Variables"];
// `cursor` counts characters, not halves of surrogate pairs.
export interface Question { code: string; cursor: number; flow_id: string | null }

const part = encodeURIComponent;
// A kernel gives up after 2 s.
const PATIENCE_MS = 4_000;

const ask = <T>(kernel: string, what: string, question: Question): Promise<T> =>
  request("POST", `/kernels/${part(kernel)}/${what}`, question, PATIENCE_MS);

export const complete = (kernel: string, question: Question): Promise<Completions> => ask(kernel, "complete", question);
export const inspect = (kernel: string, question: Question): Promise<Inspection> => ask(kernel, "inspect", question);
export const signature = (kernel: string, question: Question): Promise<CallSignature> => ask(kernel, "signature", question);
export const variables = (kernel: string, flow: string | null): Promise<Variables> =>
  get(`/kernels/${part(kernel)}/namespaces/${part(flow ?? "-")}/variables`);
