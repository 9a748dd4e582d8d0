import type { Kernel, KernelState } from "../api/types";

const UP: ReadonlySet<KernelState> = new Set(["building", "starting", "ready", "executing", "unresponsive"]);
const MOVING: ReadonlySet<KernelState> = new Set(["building", "starting", "stopping"]);

export const isUp = (state: KernelState): boolean => UP.has(state);
export const isMoving = (state: KernelState): boolean => MOVING.has(state);

// Whether a cell that is sent now runs without anybody's further doing; the API decides, and says the same.
export function takesCells({ state, desired_state, restart_at }: Pick<Kernel, "state" | "desired_state" | "restart_at">): boolean {
  if (desired_state !== "running") return false;
  return state !== "error" || restart_at !== null;
}

// A person may have asked for a state that the kernel is not in yet: that is what a page shows as going on.
export function isLeaving(kernel: Kernel): boolean {
  return kernel.desired_state === "deleted";
}

// Run cells on it, start and stop it.
export function mayChange(kernel: Kernel): boolean {
  return kernel.access !== "viewer";
}

// Edit, share and delete it.
export function owns(kernel: Kernel): boolean {
  return kernel.access === "owner" || kernel.access === "admin";
}

type Size = Pick<Kernel, "cpu_cores" | "memory_gb"> & Partial<Pick<Kernel, "gpu" | "flavour" | "network">>;

export function limits({ cpu_cores, memory_gb, gpu, flavour, network }: Size): string {
  const parts = [`${cpu_cores} CPU`, `${memory_gb} GB`];
  if (gpu) parts.push("GPU");
  if (flavour !== undefined && flavour !== "base") parts.push(flavour);
  if (network === "isolated") parts.push("no network");
  return parts.join(" · ");
}
