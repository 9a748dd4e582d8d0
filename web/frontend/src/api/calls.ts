// One function a call of the API.
import { get, post, request } from "./client";
import { RESOLVING_MS } from "./environments";
import type {
  Accepted, AcceptedBatch, Account, AuditEvent, Execution, ExecutionSummary, Kernel, KernelChange, Me, NewKernel,
  NewToken, Page, RecordedExecution, Runtime, Share, Token,
} from "./types";

const part = encodeURIComponent;

export const me = (): Promise<Me> => get("/me");
export type Credentials = { name: string; password: string } | { link: string };
export const login = (body: Credentials): Promise<{ landing: string | null }> => post("/login", body);
export const logout = (): Promise<unknown> => post("/logout");

export const kernels = (): Promise<Page<Kernel>> => all("/kernels?limit=200");
export const kernel = (id: string): Promise<Kernel> => get(`/kernels/${part(id)}`);
// Packages are resolved within it.
export const createKernel = (body: NewKernel): Promise<Kernel> => request("POST", "/kernels", body, RESOLVING_MS);
export const changeKernel = (id: string, body: KernelChange): Promise<Kernel> =>
  request("PATCH", `/kernels/${part(id)}`, body, RESOLVING_MS);
export const deleteKernel = (id: string): Promise<Kernel> => request("DELETE", `/kernels/${part(id)}`);
export const tellKernel = (id: string, what: "start" | "stop" | "restart"): Promise<Kernel> =>
  post(`/kernels/${part(id)}/${what}`);
export const kernelLog = (id: string): Promise<{ text: string }> => get(`/kernels/${part(id)}/logs?lines=200`);

export const shares = (id: string): Promise<{ shares: Share[] }> => get(`/kernels/${part(id)}/shares`);
export const setShares = (id: string, people: Share[]): Promise<{ shares: Share[] }> =>
  request("PUT", `/kernels/${part(id)}/shares`, { shares: people });

export interface NewCell { code: string; start: boolean; idempotency_key: string; flow_id: string | null; node_id?: string; cell_id?: string }
export interface BatchCell { code: string; node_id?: string; cell_id?: string }
export const runCell = (kernel: string, cell: NewCell): Promise<Accepted> =>
  post(`/kernels/${part(kernel)}/executions`, cell);
export const runBatch = (kernel: string, cells: BatchCell[], flow_id: string | null): Promise<AcceptedBatch> =>
  post(`/kernels/${part(kernel)}/batches`, { cells, flow_id, stop_on_error: true });
export const executions = (kernel: string, more = ""): Promise<Page<ExecutionSummary>> =>
  get(`/executions?kernel=${part(kernel)}${more}`);
export const execution = (id: string): Promise<Execution> => get(`/executions/${part(id)}`);
// What is not there, or not this user's, is left out.
export const executionsOf = (ids: readonly string[]): Promise<Page<RecordedExecution>> =>
  get(`/executions/outputs?ids=${ids.map(part).join(",")}`);
export const cancel = (id: string, kill = false): Promise<ExecutionSummary> =>
  post(`/executions/${part(id)}/cancel`, { kill });
// With a node: of its cells alone, and none of its runs.
export const clearOutputs = (kernel: string, flow: string | null, node?: string): Promise<{ cleared: number }> =>
  request("DELETE", `/kernels/${part(kernel)}/namespaces/${part(flow ?? "-")}/outputs${node === undefined ? "" : `?node=${part(node)}`}`);
export const restartNamespace = (kernel: string, flow: string | null): Promise<unknown> =>
  post(`/kernels/${part(kernel)}/namespaces/${part(flow ?? "-")}/restart`);

export interface Completions { matches: string[]; cursor_start: number; cursor_end: number }
export const complete = (kernel: string, flow_id: string | null, code: string, cursor: number): Promise<Completions> =>
  post(`/kernels/${part(kernel)}/complete`, { code, cursor, flow_id });

export const tokens = (): Promise<Page<Token>> => get("/tokens?limit=200");
export const createToken = (body: object): Promise<NewToken> => post("/tokens", body);
export const revokeToken = (id: number): Promise<unknown> => request("DELETE", `/tokens/${id}`);

export interface Session {
  id: number;
  current: boolean;
  method: string;
  address: string;
  agent: string;
  created_at: string | null;
}
export const sessions = (): Promise<Page<Session>> => get("/sessions");
export const endSession = (id: number): Promise<unknown> => request("DELETE", `/sessions/${id}`);
export const changePassword = (user: number, old: string | undefined, password: string): Promise<unknown> =>
  request("PATCH", `/users/${user}`, old === undefined ? { password } : { old_password: old, password });

export const users = (): Promise<Page<Account>> => all("/users?limit=200");
export const createUser = (name: string, role: string): Promise<Account> => post("/users", { name, role });
export const changeUser = (id: number, change: { role?: string; disabled?: boolean }): Promise<Account> =>
  request("PATCH", `/users/${id}`, change);
export const newLink = (id: number): Promise<{ link: string; expires_at: string | null }> => post(`/users/${id}/link`);
export const audit = (query: Record<string, string>): Promise<Page<AuditEvent>> =>
  get(`/audit?${new URLSearchParams(query).toString()}`);
export const flowNames = (): Promise<Page<{ id: string; name: string }>> => all("/flows?limit=200");
export const runtime = (): Promise<Runtime> => get("/runtime");

const MOST_PAGES = 20;

// A whole list, page by page.
async function all<T>(path: string): Promise<Page<T>> {
  const found = await get<Page<T>>(path);
  for (let page = 1; found.next !== null && page < MOST_PAGES; page += 1) {
    const more = await get<Page<T>>(`${path}&after=${part(found.next)}`);
    found.items.push(...more.items);
    found.next = more.next;
  }
  return found;
}
