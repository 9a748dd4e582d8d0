// Calls about packages and locks. Those that resolve may take a minute.
import { get, request, url } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Lock = Schemas["LockShape"];
export type LockAnswer = Schemas["LockAnswer"];
export type Difference = Schemas["DifferenceShape"];
export type Build = Schemas["BuildAnswer"];
export type Wanted = Partial<Schemas["ResolveBody"]>;

export const RESOLVING_MS = 80_000;

const of = (kernel: string): string => `/kernels/${encodeURIComponent(kernel)}`;

export const resolve = (body: Wanted): Promise<LockAnswer> => request("POST", "/environments/resolve", body, RESOLVING_MS);
export const kernelLock = (kernel: string): Promise<LockAnswer> => get(`${of(kernel)}/lock`);
export const newestLock = (kernel: string): Promise<LockAnswer> =>
  request("POST", `${of(kernel)}/lock`, { dry_run: true }, RESOLVING_MS);
export const kernelBuild = (kernel: string): Promise<Build> => get(`${of(kernel)}/build`);
export const lockFile = (kernel: string): string => url(`${of(kernel)}/lock?download=1`);
