import type { Kernel, KernelState } from "../api/types";

const UP: ReadonlySet<KernelState> = new Set(["building", "starting", "ready", "executing", "unresponsive"]);
const MOVING: ReadonlySet<KernelState> = new Set(["building", "starting", "stopping"]);

export const isUp = (state: KernelState): boolean => UP.has(state);
export const isMoving = (state: KernelState): boolean => MOVING.has(state);
export const takesCells = isUp;

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

export function limits(kernel: Pick<Kernel, "cpu_cores" | "memory_gb">): string {
  return `${kernel.cpu_cores} CPU · ${kernel.memory_gb} GB`;
}
