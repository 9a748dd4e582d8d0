import type { Kernel } from "../api/types";

// Kernels by id and by uid.
export function indexed(kernels: readonly Kernel[]): Map<string, Kernel> {
  // A uid is one kernel's alone; an id may be somebody else's, too, and then one's own is meant.
  const found = new Map<string, Kernel>();
  for (const kernel of kernels) if (kernel.access !== "owner" && !found.has(kernel.id)) found.set(kernel.id, kernel);
  for (const kernel of kernels) if (kernel.access === "owner") found.set(kernel.id, kernel);
  for (const kernel of kernels) found.set(kernel.uid, kernel);
  return found;
}
