// Previews as their publisher's runner made them: plain data that may hold anything. Pure.
import { readTable, type Bars, type Figures, type Table } from "../grid/table";

export interface Column {
  name: string;
  type: string;
  nulls: number | null;
  min: string;
  max: string;
  mean: string;
  bars: Bars | null;
}
export type { Bars };

export type Preview =
  | { kind: "frame"; type: string; note: string; rows: number | null; total: number; columns: Column[]; head: Table | null; sampled: number | null }
  | { kind: "array"; type: string; note: string; shape: string; dtype: string; facts: [string, string][]; sampled: number | null }
  | { kind: "estimator"; type: string; note: string; html: boolean; parameters: [string, string][] }
  | { kind: "image"; type: string; note: string; png: string; text: string }
  | { kind: "text"; type: string; note: string; text: string };

type Data = Record<string, unknown>;
const MOST_PARAMETERS = 200;

export function readPreview(given: unknown): Preview | null {
  const data = asData(given);
  if (data === null) return null;
  const base = { type: text(data["type"]), note: text(data["note"]) };
  switch (data["kind"]) {
    case "frame":
      return frame(data, base);
    case "array":
      return array(data, base);
    case "estimator":
      return { kind: "estimator", ...base, html: typeof data["html"] === "string" && data["html"] !== "", parameters: pairs(data["parameters"]) };
    case "image":
      return image(data, base);
    default:
      return { kind: "text", ...base, text: text(data["text"]) || JSON.stringify(given, null, 1) };
  }
}

interface Base { type: string; note: string }

function frame(data: Data, base: Base): Preview {
  const given = (Array.isArray(data["columns"]) ? data["columns"] : []).map(asData).filter((one) => one !== null);
  const columns = given.map(column);
  const read = readTable({ columns: columns.map(({ name, type }) => ({ name, type })), rows: data["head"], total_rows: number(data["rows"]) });
  const head = read && { ...read, columns: read.columns.map((one, index) => ({ ...one, figures: figuresOf(given[index] ?? {}, data) })) };
  return {
    kind: "frame", ...base, rows: number(data["rows"]), total: number(data["columns_total"]) ?? columns.length, columns,
    head: head && head.rows.length > 0 ? head : null, sampled: number(data["sampled"]),
  };
}

function column(data: Data): Column {
  return {
    name: text(data["name"]), type: text(data["type"]), nulls: number(data["nulls"]),
    min: figure(data["min"]), max: figure(data["max"]), mean: figure(data["mean"]), bars: bars(data["histogram"]),
  };
}

// Of the whole table, or of its first rows where it is large: more than the rows that are shown.
function figuresOf(one: Data, { rows, sampled }: Data): Figures {
  return {
    rows: number(sampled) ?? number(rows) ?? 0, whole: number(sampled) === null, nulls: number(one["nulls"]),
    min: value(one["min"]), max: value(one["max"]), mean: number(one["mean"]), bars: bars(one["histogram"]),
  };
}

function value(given: unknown): string | number | null {
  return typeof given === "number" || typeof given === "string" ? given : null;
}

function bars(given: unknown): Bars | null {
  const data = asData(given);
  const counts = Array.isArray(data?.["counts"]) ? data["counts"].map(number) : [];
  const low = number(data?.["low"]);
  const high = number(data?.["high"]);
  if (low === null || high === null || counts.length === 0 || counts.some((one) => one === null || one < 0)) return null;
  return { low, high, counts: counts as number[] };
}

const FIGURES = [["min", "Smallest"], ["mean", "Mean"], ["max", "Largest"], ["nan", "Not a number"]] as const;

function array(data: Data, base: Base): Preview {
  const shape = Array.isArray(data["shape"]) ? data["shape"].map(String).join(" × ") : "";
  const named = FIGURES.map(([name, words]): [string, string] => [words, figure(data[name])]);
  return { kind: "array", ...base, shape, dtype: text(data["dtype"]), facts: named.filter(([, one]) => one !== ""), sampled: number(data["sampled"]) };
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function image(data: Data, base: Base): Preview {
  const png = text(data["png"]);
  const words = text(data["text"]);
  return BASE64.test(png) ? { kind: "image", ...base, png, text: words } : { kind: "text", ...base, text: words };
}

function pairs(given: unknown): [string, string][] {
  const data = asData(given) ?? {};
  return Object.entries(data).slice(0, MOST_PARAMETERS).map(([name, value]) => [name, text(value) || String(value)]);
}

function asData(given: unknown): Data | null {
  return typeof given === "object" && given !== null && !Array.isArray(given) ? (given as Data) : null;
}

function text(given: unknown): string {
  return typeof given === "string" ? given : "";
}

function number(given: unknown): number | null {
  return typeof given === "number" && Number.isFinite(given) ? given : null;
}

// Short in a table; what is no number is told as it is.
export function figure(given: unknown): string {
  if (given === null || given === undefined) return "";
  if (typeof given !== "number") return typeof given === "string" ? given : JSON.stringify(given);
  if (Number.isInteger(given)) return new Intl.NumberFormat("en").format(given);
  const size = Math.abs(given);
  return size >= 1e9 || size < 1e-4 ? given.toExponential(3) : String(Number(given.toPrecision(5)));
}
