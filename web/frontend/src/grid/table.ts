// A table's rows as a kernel sent them: columns of any name, values of any kind. Pure.

export type Value = string | number | boolean | null | object;
// Counts of equally wide parts of the range from low to high; times are milliseconds.
export interface Bars { low: number; high: number; counts: number[] }
// What is known of a column. `rows`: of how many rows; `whole`: whether these are all that the table has.
export interface Figures {
  rows: number;
  whole: boolean;
  nulls: number | null;
  min: Value;
  max: Value;
  mean: number | null;
  bars: Bars | null;
}
export interface Column { name: string; type: string; figures?: Figures | null }
export interface Table { columns: Column[]; rows: Value[][]; total: number }

// Browsers do not lay out what is much higher than this many rows.
const MOST_ROWS = 200_000;
const LONGEST_NAME = 500;

export function readTable(data: unknown): Table | null {
  const { columns, rows, total_rows: total } = (data ?? {}) as Record<string, unknown>;
  if (!Array.isArray(columns) || !Array.isArray(rows)) return null;
  if (!columns.every((one) => typeof (one as Column | null)?.name === "string")) return null;
  const list = rows.filter((row): row is Value[] => Array.isArray(row));
  return {
    columns: columns.map((one: Column) => ({
      name: one.name.slice(0, LONGEST_NAME), type: String(one.type ?? "").slice(0, LONGEST_NAME),
    })),
    rows: list.length > MOST_ROWS ? list.slice(0, MOST_ROWS) : list,
    total: typeof total === "number" && Number.isFinite(total) ? Math.max(total, list.length) : list.length,
  };
}

export function valueAt(row: readonly Value[] | undefined, column: number): Value {
  return row?.[column] ?? null;
}

export type Kind = "number" | "time" | "bool" | "text" | "nested";

const LOOKED_AT = 50;
const NUMBERS = /decimal|int|float|double|numeric/i;
const TIMES = /date|timestamp/i;
const kinds = new WeakMap<Table, Map<number, Kind>>();

// By its first values; numbers that JSON cannot hold, and times, are texts whose type says what they are.
export function kindOf(table: Table, column: number): Kind {
  const known = kinds.get(table) ?? new Map<number, Kind>();
  kinds.set(table, known);
  const found = known.get(column) ?? look(table, column);
  known.set(column, found);
  return found;
}

function look(table: Table, column: number): Kind {
  const values: Value[] = [];
  for (const row of table.rows) {
    const value = valueAt(row, column);
    if (value !== null) values.push(value);
    if (values.length >= LOOKED_AT) break;
  }
  if (values.length === 0) return "text";
  const type = table.columns[column]?.type ?? "";
  if (values.every((value) => typeof value === "boolean")) return "bool";
  if (values.every((value) => typeof value === "object")) return "nested";
  const written = values.every((value) => typeof value === "number" || (NUMBERS.test(type) && isWrittenNumber(value)));
  if (written) return "number";
  const times = TIMES.test(type) && values.every((value) => typeof value === "string" && !Number.isNaN(Date.parse(value)));
  return times ? "time" : "text";
}

function isWrittenNumber(value: Value): boolean {
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
}

// A value's place on its column's line; null where it has none.
export function place(value: Value, kind: Kind): number | null {
  if (value === null || typeof value === "object" || value === "") return null;
  const found = kind === "time" ? Date.parse(String(value)) : Number(value);
  return Number.isFinite(found) ? found : null;
}
