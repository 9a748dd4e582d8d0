// Values as text. Pure.
import type { Area } from "./moving";
import { valueAt, type Kind, type Value } from "./table";

// A cell holds up to megabytes; nobody reads them in a cell, and a browser would lay them out.
const LONGEST_IN_CELL = 200;
const LONGEST_IN_TITLE = 1_000;
const SIGNIFICANT = 6;

export function show(value: Value): string {
  if (value === null) return "null";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// In a cell: the exact number is in its title.
export function brief(value: Value): string {
  if (typeof value === "number" && !Number.isInteger(value)) return briefNumber(value);
  return shortened(start(value), LONGEST_IN_CELL).replace(/\s+/g, " ");
}

const starts = new WeakMap<object, string>();

// A nested value is written once, however often its cell is drawn.
function start(value: Value): string {
  if (typeof value !== "object" || value === null) return show(value);
  const known = starts.get(value) ?? show(value).slice(0, LONGEST_IN_TITLE + 1);
  starts.set(value, known);
  return known;
}

// What values are told apart by where they are counted.
const LONGEST_KEY = 200;

export function keyOf(value: Value): string {
  return show(value).slice(0, LONGEST_KEY);
}

// Beside a cell that does not show all of it.
export function titled(value: Value): string {
  return shortened(start(value), LONGEST_IN_TITLE);
}

function briefNumber(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e15 || magnitude < 1e-5) return value.toExponential(SIGNIFICANT - 1);
  return String(Number(value.toPrecision(Math.max(SIGNIFICANT, Math.ceil(Math.log10(magnitude)) + 2))));
}

export function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

// A place on a column's line, as its values are written.
export function placeWords(at: number, kind: Kind, type: string): string {
  if (kind !== "time") return brief(at);
  const written = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  return /^date(32|64)?(\[.*\])?$/i.test(type) ? written.slice(0, 10) : written.slice(0, 19).replace("T", " ");
}

export function nameOf(column: { name: string } | undefined, index: number): string {
  return column?.name.trim() || `column ${index + 1}, without a name`;
}

// As spreadsheets take it.
export function separated(rows: readonly (readonly Value[])[]): string {
  return rows.map((row) => row.map(field).join("\t")).join("\n");
}

export function written(rows: readonly (readonly Value[])[], { top, bottom, left, right }: Area): string {
  const columns = Array.from({ length: right - left + 1 }, (_, index) => left + index);
  return separated(rows.slice(top, bottom + 1).map((row) => columns.map((column) => valueAt(row, column))));
}

function field(value: Value): string {
  if (value === null) return "";
  const text = show(value);
  return /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
