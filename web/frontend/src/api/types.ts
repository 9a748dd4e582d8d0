import type { components } from "./schema";

type Schemas = components["schemas"];

export type Kernel = Schemas["KernelShape"];
export type KernelState = Kernel["state"];
export type NewKernel = Partial<Schemas["NewKernelBody"]> & { id: string };
export type KernelChange = Partial<Schemas["KernelChange"]>;
export type ExecutionSummary = Schemas["ExecutionSummary"];
export type Execution = Schemas["ExecutionShape"];
export type RecordedExecution = Schemas["RecordedShape"];
export type Accepted = Schemas["Accepted"];
export type AcceptedBatch = Schemas["AcceptedBatch"];
export type Token = Schemas["TokenShape"];
export type NewToken = Schemas["NewToken"];
export type Share = Schemas["ShareBody"];
export type Account = Schemas["UserShape"];
export type AuditEvent = Schemas["AuditShape"];
// Runtimes tell more than they have in common.
export type Runtime = Schemas["RuntimeShape"] & Record<string, unknown>;

export interface Page<T> { items: T[]; next: string | null }
export interface Person { id: number; name: string; role: string; has_password: boolean }
export interface Me { user: Person; csrf: string | null; flower: boolean }
