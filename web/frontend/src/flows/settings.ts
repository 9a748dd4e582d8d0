// A node's settings as a person reads them. Pure.
import type { FlowNode } from "../api/flows";
import { told } from "../words/facts";

export interface Code { id: string; code: string; sql: boolean }
export interface Read { codes: Code[]; facts: [string, string][]; tables: { columns: string[]; rows: unknown[][] } | null }

const NOT_FACTS: ReadonlySet<string> = new Set(["cells", "code", "query", "view", "source", "target"]);
const WORDS: Record<string, string> = {
  timeout_s: "Time limit, s", retries: "Retries", cache: "May reuse results", outputs: "Declared outputs", schema: "Schema",
};

export function readSettings({ type, settings }: Pick<FlowNode, "type" | "settings">): Read {
  const facts: [string, string][] = [];
  const place = asObject(settings[type === "output" ? "target" : "source"]);
  const table = place?.["kind"] === "table" ? tableOf(place) : null;
  if (place) facts.push([type === "output" ? "Writes" : "Reads", placeInWords(place)]);
  for (const [name, value] of Object.entries(settings)) {
    if (NOT_FACTS.has(name) || value === null || (Array.isArray(value) && value.length === 0)) continue;
    facts.push([WORDS[name] ?? name, told(value)]);
  }
  return { codes: codesOf(settings), facts, tables: table };
}

function codesOf(settings: Record<string, unknown>): Code[] {
  if (typeof settings["query"] === "string") return [{ id: "query", code: settings["query"], sql: true }];
  if (typeof settings["code"] === "string") return [{ id: "code", code: settings["code"], sql: false }];
  const cells = Array.isArray(settings["cells"]) ? settings["cells"] : [];
  return cells.flatMap((cell: unknown, index) => {
    if (typeof cell === "string") return [{ id: String(index + 1), code: cell, sql: false }];
    const { id, code } = (asObject(cell) ?? {}) as { id?: unknown; code?: unknown };
    return typeof code === "string" ? [{ id: typeof id === "string" ? id : String(index + 1), code, sql: false }] : [];
  });
}

export function placeInWords(place: Record<string, unknown>): string {
  const format = typeof place["format"] === "string" ? `, ${place["format"].replace("_", " ")}` : "";
  switch (place["kind"]) {
    case "file":
      return `file ${pathOf(place["path"])}${format}`;
    case "catalog": {
      const space = place["namespace"] && place["namespace"] !== "default" ? `${String(place["namespace"])}::` : "";
      const version = place["version"] ? `, version ${String(place["version"])}` : "";
      return `catalog ${space}${String(place["name"] ?? "")}${version}`;
    }
    case "table":
      return "a table that is part of the flow";
    default:
      return told(place);
  }
}

function pathOf(path: unknown): string {
  const named = asObject(path)?.["parameter"];
  return typeof named === "string" ? `as the parameter ${named} says` : String(path ?? "");
}

function tableOf(place: Record<string, unknown>): Read["tables"] {
  const columns = Array.isArray(place["columns"]) ? place["columns"] : [];
  const rows = Array.isArray(place["rows"]) ? place["rows"] : [];
  return {
    columns: columns.map((one: unknown) => String(asObject(one)?.["name"] ?? one)),
    rows: rows.filter((row): row is unknown[] => Array.isArray(row)),
  };
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}
