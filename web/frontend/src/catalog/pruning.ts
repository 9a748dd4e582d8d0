// Which versions a prune is to take, as a form says it. Pure.
import type { Pruned, PruneWanted } from "../api/catalog";
import { counted, size } from "../words/sizes";

export interface PruneForm { keep: string; days: string; namespace: string; name: string }

const DAY_S = 86_400;
const MOST_KEPT = 1_000_000;
const MOST_DAYS = 36_500;

// Null: the form cannot be asked for yet.
export function wantedBy({ keep, days, namespace, name }: PruneForm): PruneWanted | null {
  const kept = Number(keep);
  if (keep.trim() === "" || !Number.isInteger(kept) || kept < 1 || kept > MOST_KEPT) return null;
  const age = days.trim() === "" ? null : Number(days);
  if (age !== null && !(age > 0 && age <= MOST_DAYS)) return null;
  return {
    keep: kept,
    ...(namespace !== "" && { namespace }),
    ...(name !== "" && { name }),
    ...(age !== null && { older_than_s: age * DAY_S }),
  };
}

export function prunedWords({ count, names, size: bytes }: Pick<Pruned, "count" | "names" | "size">): string {
  return `${counted(count, "version")} of ${counted(names, "name")}, ${size(bytes)}`;
}
