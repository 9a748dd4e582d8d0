// What can be seen of a file by its beginning, without anything but the page reading it. Pure.
import { readTable, type Table } from "../grid/table";
import { cut, separatorOf } from "./csv";

export const TEXT_BYTES = 256 * 1024;
export const IMAGE_BYTES = 16 * 1024 * 1024;
export const MOST_ROWS = 200;
const MOST_COLUMNS = 200;
const LONGEST_VALUE = 2_000;

export type Kind = "table" | "lines" | "json" | "image" | "text" | "parquet" | "unknown";

const KINDS: Record<string, Kind> = {
  csv: "table", tsv: "table", psv: "table", jsonl: "lines", ndjson: "lines", json: "json", ipynb: "json", geojson: "json",
  png: "image", jpg: "image", jpeg: "image", gif: "image", webp: "image", avif: "image", parquet: "parquet", pq: "parquet",
  txt: "text", md: "text", log: "text", py: "text", sql: "text", yml: "text", yaml: "text", toml: "text", ini: "text", cfg: "text",
  xml: "text", html: "text", htm: "text", svg: "text", sh: "text", r: "text", js: "text", ts: "text", css: "text", tex: "text",
};

export function kindOf(path: string): Kind {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return KINDS[name.slice(name.lastIndexOf(".") + 1)] ?? "unknown";
}

export type Shown =
  | { kind: "table"; table: Table; whole: boolean }
  | { kind: "text"; text: string; whole: boolean }
  | { kind: "image"; type: string }
  | { kind: "none"; why: string };

const IMAGES: [string, string, number[]][] = [
  ["PNG", "image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["JPEG", "image/jpeg", [0xff, 0xd8, 0xff]],
  ["GIF", "image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["WebP", "image/webp", [0x52, 0x49, 0x46, 0x46]],
];
const AVIF = [0x66, 0x74, 0x79, 0x70];

// By what is in it, not by its name: a browser is not made to guess.
export function imageType(bytes: Uint8Array): string | null {
  const found = IMAGES.find(([, , signs]) => signs.every((sign, at) => bytes[at] === sign));
  if (found) return found[1];
  return AVIF.every((sign, at) => bytes[at + 4] === sign) ? "image/avif" : null;
}

export function read(kind: Kind, bytes: Uint8Array, whole: boolean): Shown {
  if (kind === "image") {
    const type = imageType(bytes);
    if (type === null) return { kind: "none", why: "It is not the picture that its name says." };
    return whole ? { kind: "image", type } : { kind: "none", why: "It is too large a picture to show here: download it." };
  }
  const text = textOf(bytes, whole);
  if (text === null) return { kind: "none", why: "It holds bytes that are no text: download it, or read it in a cell." };
  if (kind === "table") return rows(text, whole);
  if (kind === "lines") return lines(text, whole) ?? { kind: "text", text, whole };
  if (kind === "json" && whole) return { kind: "text", text: indented(text), whole };
  return { kind: "text", text, whole };
}

// Null: not UTF-8, or with signs that no text has. A letter that was cut through at the end is left out.
export function textOf(bytes: Uint8Array, whole: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    return null;
  }
}

function rows(text: string, whole: boolean): Shown {
  const found = cut(whole ? text : upToLine(text), separatorOf(text), MOST_ROWS + 1);
  const [head = [], ...rest] = found;
  const complete = whole && found.length <= MOST_ROWS;
  const width = Math.min(MOST_COLUMNS, Math.max(head.length, ...rest.map((row) => row.length)));
  const columns = Array.from({ length: width }, (_, at) => ({ name: head[at] ?? `column ${at + 1}`, type: "" }));
  const values = rest.map((row) => columns.map((_, at) => shortened(row[at])));
  return { kind: "table", table: tableOf(columns, numbered(values)), whole: complete };
}

type Cell = string | number | boolean | null;

const NUMBER = /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

// Columns of numbers alone stand as numbers; an empty field is none. What loses digits stays as it is written.
function numbered(values: (string | null)[][]): Cell[][] {
  const width = values[0]?.length ?? 0;
  const numeric = Array.from({ length: width }, (_, at) => {
    const filled = values.map((row) => row[at]).filter((one): one is string => one !== null && one !== undefined && one !== "");
    return filled.length > 0 && filled.every((one) => NUMBER.test(one) && !/^-?0\d/.test(one) && one.length <= 15);
  });
  return values.map((row) => row.map((one, at) => (one === "" ? null : numeric[at] && one !== null ? Number(one) : one)));
}

function lines(text: string, whole: boolean): Shown | null {
  const all = (whole ? text : upToLine(text)).split("\n").filter((line) => line.trim() !== "");
  const objects: Record<string, unknown>[] = [];
  for (const line of all.slice(0, MOST_ROWS)) {
    const value = parsed(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    objects.push(value as Record<string, unknown>);
  }
  if (objects.length === 0) return null;
  const names = [...new Set(objects.flatMap(Object.keys))].slice(0, MOST_COLUMNS);
  const values = objects.map((one) => names.map((name) => plain(Object.hasOwn(one, name) ? one[name] : null)));
  return { kind: "table", table: tableOf(names.map((name) => ({ name, type: "" })), values), whole: whole && all.length <= MOST_ROWS };
}

function tableOf(columns: { name: string; type: string }[], values: Cell[][]): Table {
  return readTable({ columns, rows: values }) ?? { columns: [], rows: [], total: 0 };
}

function plain(value: unknown): Cell {
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") return value ?? null;
  return shortened(typeof value === "string" ? value : JSON.stringify(value));
}

function shortened(value: string | undefined): string | null {
  if (value === undefined) return null;
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function indented(text: string): string {
  const value = parsed(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}

// Without the line that was cut through.
function upToLine(text: string): string {
  const end = text.lastIndexOf("\n");
  return end < 0 ? text : text.slice(0, end + 1);
}

// What reads the file in a cell.
export function snippetFor(path: string): string {
  const where = `flowfile.get_shared_location(${JSON.stringify(path)})`;
  switch (kindOf(path)) {
    case "parquet":
      return `pl.scan_parquet(${where}).head(20).collect()`;
    case "table":
      return `pl.read_csv(${where}, n_rows=20)`;
    case "lines":
      return `pl.read_ndjson(${where}).head(20)`;
    case "image":
      return `from PIL import Image\ndisplay(Image.open(${where}))`;
    default:
      return `open(${where}, "rb").read(1000)`;
  }
}
