// Names that a namespace had when it was last looked at: for a kernel that is too busy to say what it has now.
import type { Variable } from "../../api/help";
import type { HelpOf } from "./helper";

export interface Known { name: string; kind: string }

const kept = new Map<string, Map<string, Known>>();
const MOST_NAMESPACES = 50;

const key = ({ kernel, flow }: HelpOf): string => `${kernel ?? ""} ${flow ?? ""}`;

export function knownIn(of: HelpOf): Known[] {
  return [...(kept.get(key(of))?.values() ?? [])];
}

// A whole list: what is not in it is gone.
export function noteVariables(of: HelpOf, variables: readonly Variable[]): void {
  keep(of, new Map(variables.map(({ name }) => [name, { name, kind: "variable" }])));
}

export function noteNames(of: HelpOf, names: readonly Known[]): void {
  const all = new Map(kept.get(key(of)));
  for (const known of names) all.set(known.name, known);
  keep(of, all);
}

export function forget(of: HelpOf): void {
  kept.delete(key(of));
}

function keep(of: HelpOf, names: Map<string, Known>): void {
  kept.delete(key(of));
  kept.set(key(of), names);
  const [first] = kept.keys();
  if (kept.size > MOST_NAMESPACES && first !== undefined) kept.delete(first);
}
