// What is chosen on the canvas.
import type { EdgeChange, NodeChange } from "@xyflow/react";

export interface Picked { nodes: string[]; wires: string[] }
export const NONE: Picked = { nodes: [], wires: [] };

export function withChanges(picked: readonly string[], changes: readonly (NodeChange | EdgeChange)[]): string[] {
  const now = new Set(picked);
  for (const change of changes) {
    if (change.type !== "select") continue;
    if (change.selected) now.add(change.id);
    else now.delete(change.id);
  }
  return [...now];
}
