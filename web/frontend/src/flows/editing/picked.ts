// What is chosen on the canvas.
export interface Picked { nodes: string[]; wires: string[] }
export const NONE: Picked = { nodes: [], wires: [] };

export function withChanges(picked: readonly string[], changes: readonly { type: string }[]): string[] {
  const now = new Set(picked);
  for (const change of changes) {
    if (change.type !== "select") continue;
    const { id, selected } = change as unknown as { id: string; selected: boolean };
    if (selected) now.add(id);
    else now.delete(id);
  }
  return [...now];
}
