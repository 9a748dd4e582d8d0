// Completions as the list shows them. Pure.
import type { Completion } from "@codemirror/autocomplete";

export interface Match { label: string; kind: string }

// What is likely meant comes first: an argument's name, a column, one's own variables.
const BOOSTS: Record<string, number> = { param: 12, key: 8, variable: 3, property: 2, keyword: -1, magic: -2 };

export function optionOf({ label, kind }: Match): Completion {
  const boost = (BOOSTS[kind] ?? 0) + (label.startsWith("_") ? -20 : 0);
  return { label, type: kind, boost, ...(kind !== "" && { detail: kind }) };
}

export function matchesOf(found: { matches: string[]; kinds?: string[] }): Match[] {
  return found.matches.map((label, at) => ({ label, kind: found.kinds?.[at] ?? "" }));
}

// The first of each name.
export function merged(...lists: (readonly Match[])[]): Match[] {
  const all = new Map<string, Match>();
  for (const match of lists.flat()) if (!all.has(match.label)) all.set(match.label, match);
  return [...all.values()];
}
