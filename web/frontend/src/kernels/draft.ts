// A kernel that a person is describing. Pure.
import { trimmed } from "../words/sizes";
import type { Lock } from "../api/environments";
import type { Kernel, KernelChange, NewKernel } from "../api/types";
import { isSame, packagesInWords } from "../environments/wishes";

export type Recovery = Kernel["recovery_mode"];

export interface Draft {
  id: string;
  name: string;
  memory_gb: number;
  cpu_cores: number;
  env: string;
  idle_timeout_s: number | null;
  auto_restart: boolean;
  persistence: boolean;
  recovery_mode: Recovery;
  network: "internet" | "isolated";
  flavour: string;
  gpu: boolean;
  packages: string;
  allow_sdist: boolean;
  // What the packages were found to be, while they stand as they were looked at.
  lock: Lock | null;
  // The kernel whose lock it has, while its packages are left as they are.
  like: string | null;
}

const POLICIES = { idle_timeout_s: null, auto_restart: false, persistence: true, recovery_mode: "lazy", network: "internet", flavour: "base", gpu: false } as const;
const PACKAGES = { packages: "", allow_sdist: false, lock: null, like: null } as const;

export const MEMORY = { min: 0.5, max: 64, step: 0.5 };
export const CORES = { min: 0.5, max: 32, step: 0.5 };

export function fresh(taken: readonly string[]): Draft {
  return { id: free("kernel-1", taken), name: "", memory_gb: 2, cpu_cores: 2, env: "", ...POLICIES, ...PACKAGES };
}

export function cloneOf(kernel: Kernel, taken: readonly string[]): Draft {
  const id = free(`${kernel.id.slice(0, 35)}-2`, taken);
  const like = kernel.lock_digest === null ? null : kernel.uid;
  return { ...draftOf(kernel), id, like, name: kernel.name === kernel.id ? "" : `${kernel.name} (copy)` };
}

export function draftOf(kernel: Kernel): Draft {
  const { id, name, memory_gb, cpu_cores, idle_timeout_s, auto_restart, persistence, recovery_mode, ...more } = kernel;
  const { flavour, gpu, allow_sdist } = more;
  const network = kernel.network === "isolated" ? "isolated" : "internet";
  const own = { id, name, memory_gb, cpu_cores, idle_timeout_s, auto_restart, persistence, recovery_mode, network } as const;
  return { ...own, flavour, gpu, allow_sdist, env: "", packages: kernel.packages.join(", "), lock: null, like: null };
}

export function free(wish: string, taken: readonly string[]): string {
  const base = wish.replace(/-?\d+$/, "");
  let number = Number(/\d+$/.exec(wish)?.[0] ?? "2");
  while (taken.includes(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

export function wrongId(id: string): string | null {
  if (ID.test(id)) return null;
  return "1 to 40 letters, digits, - and _; it starts with a letter or a digit.";
}

// `NAME=value` lines; what is not one is the error.
export function readEnv(text: string): Record<string, string> | string {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined) return `“${line.trim()}” is not of the form NAME=value.`;
    found[name] = value ?? "";
  }
  return found;
}

export function toCreate(draft: Draft): NewKernel {
  const env = readEnv(draft.env);
  return {
    id: draft.id,
    memory_gb: draft.memory_gb,
    cpu_cores: draft.cpu_cores,
    ...(draft.name.trim() && { name: draft.name.trim() }),
    ...(draft.idle_timeout_s !== null && { idle_timeout_s: draft.idle_timeout_s }),
    ...(draft.auto_restart && { auto_restart: true }),
    ...(!draft.persistence && { persistence: false }),
    ...(draft.recovery_mode !== POLICIES.recovery_mode && { recovery_mode: draft.recovery_mode }),
    ...(draft.network !== POLICIES.network && { network: draft.network }),
    ...(draft.flavour !== POLICIES.flavour && { flavour: draft.flavour }),
    ...(draft.gpu && { gpu: true }),
    ...(typeof env === "object" && Object.keys(env).length > 0 && { env }),
    ...packagesOf(draft),
  };
}

// What was looked at is what the kernel gets; what was not is resolved now.
function packagesOf({ packages, allow_sdist, lock }: Draft): Pick<NewKernel, "packages" | "allow_sdist" | "lock"> {
  if (lock !== null) return { lock: lock.text };
  return packages.trim() === "" ? {} : { packages, ...(allow_sdist && { allow_sdist }) };
}

function changedPackages(draft: Draft, kernel: Kernel): Pick<KernelChange, "packages" | "allow_sdist" | "lock"> {
  if (draft.lock !== null) return draft.lock.digest === kernel.lock_digest ? {} : { lock: draft.lock.text };
  return {
    ...(!isSame(draft.packages, kernel.packages) && { packages: draft.packages }),
    ...(draft.allow_sdist !== kernel.allow_sdist && { allow_sdist: draft.allow_sdist }),
  };
}

export function toChange(draft: Draft, kernel: Kernel): KernelChange {
  const change: KernelChange = changedPackages(draft, kernel);
  const name = draft.name.trim() || kernel.id;
  if (name !== kernel.name) change.name = name;
  if (draft.memory_gb !== kernel.memory_gb) change.memory_gb = draft.memory_gb;
  if (draft.cpu_cores !== kernel.cpu_cores) change.cpu_cores = draft.cpu_cores;
  if (draft.idle_timeout_s !== kernel.idle_timeout_s) change.idle_timeout_s = draft.idle_timeout_s;
  if (draft.auto_restart !== kernel.auto_restart) change.auto_restart = draft.auto_restart;
  if (draft.persistence !== kernel.persistence) change.persistence = draft.persistence;
  if (draft.recovery_mode !== kernel.recovery_mode) change.recovery_mode = draft.recovery_mode;
  const env = readEnv(draft.env);
  if (draft.env.trim() !== "" && typeof env === "object") change.env = env;
  return change;
}

export function inWords(draft: Draft): string {
  const reach = draft.network === "isolated" ? ", no network" : "";
  const size = `${trimmed(draft.cpu_cores, 2)} CPU, ${trimmed(draft.memory_gb, 2)} GB`;
  return `${size}, ${packagesInWords(draft)}${reach}.`;
}
