// A table's rows, searched and sorted. Pure.

export type Value = string | number | boolean | null | object;
export interface Column { name: string; type: string }
export interface Table { columns: Column[]; rows: Value[][]; total: number }
export interface Order { column: number; down: boolean }

export function readTable(data: unknown): Table | null {
  const { columns, rows, total_rows: total } = (data ?? {}) as Record<string, unknown>;
  if (!Array.isArray(columns) || !Array.isArray(rows)) return null;
  if (!columns.every((one) => typeof (one as Column | null)?.name === "string")) return null;
  const list = rows.filter((row): row is Value[] => Array.isArray(row));
  return {
    columns: columns.map((one: Column) => ({ name: one.name, type: String(one.type ?? "") })),
    rows: list,
    total: typeof total === "number" ? total : list.length,
  };
}

// Indices of rows: those that hold `search` anywhere, in the order asked for. Nulls are last both ways.
export function arrange(table: Table, search: string, order: Order | null): number[] {
  const wanted = search.trim().toLowerCase();
  const all = table.rows.map((_, index) => index);
  const found = wanted === "" ? all : all.filter((index) => holds(table.rows[index] ?? [], wanted));
  if (!order) return found;
  const value = (index: number): Value => table.rows[index]?.[order.column] ?? null;
  return found.sort((a, b) => compare(value(a), value(b), order.down) || a - b);
}

function holds(row: Value[], wanted: string): boolean {
  return row.some((value) => show(value).toLowerCase().includes(wanted));
}

const texts = new Intl.Collator(undefined, { numeric: true });

export function compare(a: Value, b: Value, down: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const sign = down ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * texts.compare(show(a), show(b));
}

export function show(value: Value): string {
  if (value === null) return "null";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const SIGNIFICANT = 6;

// Shorter than the exact number, which the tooltip has.
export function brief(value: Value): string {
  if (typeof value !== "number" || Number.isInteger(value)) return show(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e15 || magnitude < 1e-5) return value.toExponential(SIGNIFICANT - 1);
  return String(Number(value.toPrecision(Math.max(SIGNIFICANT, Math.ceil(Math.log10(magnitude)) + 2))));
}

export function next(order: Order | null, column: number): Order | null {
  if (order?.column !== column) return { column, down: false };
  return order.down ? null : { column, down: true };
}

export function isNumeric(table: Table, column: number): boolean {
  const first = table.rows.find((row) => row[column] !== null && row[column] !== undefined);
  return typeof first?.[column] === "number";
}

// Counts of equally wide parts of the range, relative to the largest; null where there is no range.
export function histogram(table: Table, column: number, bins = 12): number[] | null {
  const values = table.rows.map((row) => row[column]).filter((one): one is number => typeof one === "number");
  if (values.length < 2) return null;
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(high > low)) return null;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const at = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  return counts.map((one) => one / most);
}
