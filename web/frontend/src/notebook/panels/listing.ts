// Variables as the panel lists them. Pure.
import type { Variable } from "../../api/help";

export const ORDERS = ["name", "type", "size"] as const;
export type Order = (typeof ORDERS)[number];

// Those that hold every word in their name or type; a size that is not known comes last.
export function listed(all: readonly Variable[], search: string, order: Order): Variable[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter(({ name, type }) => words.every((word) => `${name} ${type}`.toLowerCase().includes(word)));
  const byName = (a: Variable, b: Variable): number => a.name.localeCompare(b.name);
  if (order === "size") return found.sort((a, b) => (b.size ?? -1) - (a.size ?? -1) || byName(a, b));
  return found.sort(order === "type" ? (a, b) => a.type.localeCompare(b.type) || byName(a, b) : byName);
}
