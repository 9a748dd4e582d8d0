// Which rows are shown, and in which order. Pure.
import { place, type Kind, type Value } from "./table";
import { keyOf, show } from "./words";

export interface Filter {
  low: string;
  high: string;
  text: string;
  // Null: `text` may be anywhere in it; else the value as it is written.
  is: string | null;
  missing: "with" | "without" | "only";
}

export const NO_FILTER: Filter = { low: "", high: "", text: "", is: null, missing: "with" };

export function isFilter(filter: Filter): boolean {
  return filter.low.trim() !== "" || filter.high.trim() !== "" || filter.text.trim() !== "" || filter.is !== null || filter.missing !== "with";
}

export function passes(value: Value, filter: Filter, kind: Kind): boolean {
  if (filter.missing === "only") return value === null;
  if (value === null) return filter.missing === "with" && !isFilter(filter);
  if (filter.is !== null && keyOf(value) !== filter.is) return false;
  const wanted = filter.text.trim().toLowerCase();
  if (wanted !== "" && !show(value).toLowerCase().includes(wanted)) return false;
  return isWithin(value, filter, kind);
}

function isWithin(value: Value, { low, high }: Filter, kind: Kind): boolean {
  const [from, to] = [place(low.trim(), kind), place(high.trim(), kind)];
  if (from === null && to === null) return true;
  const at = place(value, kind);
  return at !== null && (from === null || at >= from) && (to === null || at <= to);
}

// Whether a row has the text anywhere; `wanted` in small letters.
export function holds(row: readonly Value[], wanted: string): boolean {
  return row.some((value) => {
    const text = typeof value === "string" ? value : show(value);
    return text.toLowerCase().includes(wanted);
  });
}

const texts = new Intl.Collator(undefined, { numeric: true });

// Of two values that are there.
export function compare(a: Value, b: Value, kind: Kind): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (kind === "number" || kind === "time") {
    const [left, right] = [place(a, kind), place(b, kind)];
    if (left !== null && right !== null && left !== right) return left - right;
  }
  return texts.compare(show(a), show(b));
}
