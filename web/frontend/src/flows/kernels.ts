// Kernels that a flow's nodes run on. Pure.
import type { FlowDocument } from "../api/flows";
import type { Kernel } from "../api/types";
import { takesCells } from "../kernels/states";

export interface Used { known: Kernel[]; down: Kernel[]; unknown: string[]; missing: string[] }

// `unknown`: named and in no list of this person's. `missing`: nodes without any kernel.
export function kernelsOf({ nodes, default_kernel }: Pick<FlowDocument, "nodes" | "default_kernel">, byId: Map<string, Kernel>): Used {
  const names = new Set<string>();
  const missing: string[] = [];
  for (const { id, name: called, kernel } of nodes) {
    const name = kernel ?? default_kernel;
    if (name === null) missing.push(called || id);
    else names.add(name);
  }
  const known = [...new Set([...names].flatMap((name) => byId.get(name) ?? []))];
  return { known, down: known.filter((one) => !takesCells(one)), unknown: [...names].filter((name) => !byId.has(name)), missing };
}
