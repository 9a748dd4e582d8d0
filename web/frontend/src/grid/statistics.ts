// A column's figures, over the rows that are here. Pure.
import { kindOf, place, valueAt, type Bars, type Figures, type Table, type Value } from "./table";
import { keyOf } from "./words";

export interface Statistics extends Figures {
  // Null: too many to count.
  distinct: number | null;
  // The most frequent values, as they are written.
  top: [string, number][];
}

const BINS = 20;
const MOST_DISTINCT = 20_000;
const MOST_TOP = 8;

const known = new WeakMap<Table, Map<number, Statistics>>();

// What came with the table is of the whole of it; the rest is of the rows that are here.
export function statisticsOf(table: Table, column: number): Statistics {
  const all = known.get(table) ?? new Map<number, Statistics>();
  known.set(table, all);
  const found = all.get(column) ?? { ...computed(table, column), ...table.columns[column]?.figures };
  all.set(column, found);
  return found;
}

interface Seen { value: Value; at: number }

function computed(table: Table, column: number): Statistics {
  const kind = kindOf(table, column);
  const counts = new Map<string, number>();
  const seen: Seen[] = [];
  let nulls = 0;
  let many = false;
  for (const row of table.rows) {
    const value = valueAt(row, column);
    if (value === null) {
      nulls += 1;
      continue;
    }
    const at = kind === "number" || kind === "time" ? place(value, kind) : null;
    if (at !== null) seen.push({ value, at });
    many = many || counts.size >= MOST_DISTINCT;
    if (!many && kind !== "nested") counted(counts, keyOf(value));
  }
  return {
    rows: table.rows.length, whole: table.rows.length >= table.total, nulls, ...range(seen, kind === "number"),
    distinct: many || kind === "nested" ? null : counts.size, top: many ? [] : mostOf(counts),
  };
}

function counted(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mostOf(counts: Map<string, number>): [string, number][] {
  const repeated = [...counts].filter(([, times]) => times > 1);
  return (repeated.length > 0 ? repeated : [...counts].slice(0, MOST_TOP)).sort((a, b) => b[1] - a[1]).slice(0, MOST_TOP);
}

function range(seen: Seen[], numeric: boolean): Pick<Figures, "min" | "max" | "mean" | "bars"> {
  let [low, high] = [seen[0], seen[0]];
  if (!low || !high) return { min: null, max: null, mean: null, bars: null };
  let sum = 0;
  for (const one of seen) {
    if (one.at < low.at) low = one;
    if (one.at > high.at) high = one;
    sum += one.at;
  }
  const bars = barsOf(seen, low.at, high.at);
  return { min: low.value, max: high.value, mean: numeric ? sum / seen.length : null, bars };
}

// Of one value only there is no range.
function barsOf(seen: Seen[], low: number, high: number): Bars | null {
  if (!(high > low) || !Number.isFinite(high - low)) return null;
  const counts = new Array<number>(BINS).fill(0);
  for (const { at } of seen) {
    const bin = Math.min(BINS - 1, Math.floor(((at - low) / (high - low)) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { low, high, counts };
}

// Heights of what the header draws: parts of the range, or the most frequent values of few.
const MOST_BARS = 12;

export function heights({ bars, distinct, top }: Statistics): number[] {
  const counts = bars ? bars.counts : distinct !== null && distinct <= MOST_BARS ? top.map(([, times]) => times) : [];
  const most = Math.max(0, ...counts);
  // Where each comes once there is nothing to see.
  return most === 0 || (!bars && most === 1 && counts.length > 1) ? [] : counts.map((one) => one / most);
}
