// An inline table as a person writes it. Pure.

export interface Head { name: string; type: string }
export interface Table { kind: "table"; columns: Head[]; rows: unknown[][] }

export const INLINE_TYPES = [
  "String", "Int64", "Float64", "Boolean", "Date", "Datetime", "Time",
  "Int8", "Int16", "Int32", "UInt8", "UInt16", "UInt32", "UInt64", "Float32",
];
export const COLUMN_TYPES = [...INLINE_TYPES, "Duration", "Binary", "Categorical"];
export const MOST_ROWS = 10_000;
export const MOST_COLUMNS = 1_000;

export const EMPTY_TABLE: Table = { kind: "table", columns: [{ name: "a", type: "String" }], rows: [[""]] };

export function tableIn(place: Record<string, unknown>): Table {
  return {
    kind: "table", columns: Array.isArray(place["columns"]) ? (place["columns"] as Head[]) : [],
    rows: Array.isArray(place["rows"]) ? (place["rows"] as unknown[][]) : [],
  };
}

// What is written becomes a value of its column where it can; else it stays text, and is told as wrong.
export function valueOf(text: string, type: string): unknown {
  if (type === "String") return text;
  const given = text.trim();
  if (given === "") return null;
  if (type === "Boolean") return /^(true|yes)$/i.test(given) ? true : /^(false|no)$/i.test(given) ? false : text;
  if (/^U?Int/.test(type)) return /^[+-]?\d+$/.test(given) && Number.isSafeInteger(Number(given)) ? Number(given) : text;
  if (type.startsWith("Float")) return Number.isFinite(Number(given)) ? Number(given) : text;
  return given;
}

export const written = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

const TIMES: Record<string, RegExp> = {
  Date: /^\d{4}-\d{2}-\d{2}$/,
  Datetime: /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$/,
  Time: /^\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$/,
};

export function isWrong(value: unknown, type: string): boolean {
  if (value === null) return false;
  if (type === "String") return typeof value !== "string";
  if (type === "Boolean") return typeof value !== "boolean";
  const bits = /^(U?)Int(\d+)$/.exec(type);
  if (bits) {
    const size = Number(bits[2]);
    const [least, most] = bits[1] ? [0, 2 ** size - 1] : [-(2 ** (size - 1)), 2 ** (size - 1) - 1];
    return !(typeof value === "number" && Number.isInteger(value) && value >= least && value <= most);
  }
  if (type.startsWith("Float")) return typeof value !== "number";
  return typeof value !== "string" || !(TIMES[type]?.test(value) ?? true);
}

// The first thing that is wrong, by its place.
export function wrongInTable(place: Record<string, unknown>): string | null {
  const { columns, rows } = tableIn(place);
  const names = columns.map((one) => one.name);
  if (new Set(names).size < names.length) return "A column's name stands twice.";
  for (const [at, row] of rows.entries()) {
    const column = columns.findIndex(({ type }, index) => isWrong(row[index] ?? null, type));
    const head = columns[column];
    if (head) return `Row ${at + 1}, ${head.name}: “${written(row[column]).slice(0, 40)}” is no ${head.type}.`;
  }
  return null;
}

export const withValue = (table: Table, row: number, column: number, value: unknown): Table => ({
  ...table, rows: table.rows.map((one, at) => (at === row ? one.map((old, index) => (index === column ? value : old)) : one)),
});

export function withHead(table: Table, column: number, part: Partial<Head>): Table {
  const columns = table.columns.map((one, at) => (at === column ? { ...one, ...part } : one));
  if (part.type === undefined) return { ...table, columns };
  const { type } = part;
  return { ...table, columns, rows: table.rows.map((row) => row.map((value, at) => (at === column ? valueOf(written(value), type) : value))) };
}

export function withColumn(table: Table): Table {
  if (table.columns.length >= MOST_COLUMNS) return table;
  const taken = new Set(table.columns.map((one) => one.name));
  let number = table.columns.length + 1;
  while (taken.has(`column_${number}`)) number += 1;
  return { ...table, columns: [...table.columns, { name: `column_${number}`, type: "String" }], rows: table.rows.map((row) => [...row, ""]) };
}

export const withoutColumn = (table: Table, column: number): Table => ({
  ...table, columns: table.columns.filter((_, at) => at !== column), rows: table.rows.map((row) => row.filter((_, at) => at !== column)),
});

export function withRow(table: Table): Table {
  if (table.rows.length >= MOST_ROWS) return table;
  return { ...table, rows: [...table.rows, table.columns.map(({ type }) => (type === "String" ? "" : null))] };
}

export const withoutRow = (table: Table, row: number): Table => ({ ...table, rows: table.rows.filter((_, at) => at !== row) });

// What was copied from a sheet of calculations, from this cell on to the right and down.
export function pasted(table: Table, row: number, column: number, text: string): Table {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  let next = table;
  while (next.rows.length < Math.min(MOST_ROWS, row + lines.length)) next = withRow(next);
  const rows = next.rows.map((one, at) => {
    const line = lines[at - row];
    return line === undefined ? one : one.map((value, index) => {
      const given = line[index - column];
      return given === undefined ? value : valueOf(given, next.columns[index]?.type ?? "String");
    });
  });
  return { ...next, rows };
}
