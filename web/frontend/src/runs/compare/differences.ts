// Differences of two runs in words. Pure.
import type { Comparison, Difference, NodeDifference } from "../../api/runs";
import { told } from "../../words/facts";
import { count, counted, size } from "../../words/sizes";
import { duration } from "../../words/times";

export interface Output { rows: number | null; size: number; columns: { name: string; type: string }[] }
export interface ArtifactFact { type_name: string; size: number }

const NAMES: Record<string, string> = {
  flow_id: "Flow", flow_version: "Version", state: "State", trigger: "Trigger", error: "Error", took_s: "Took",
  attempt: "Tries", kernel_id: "Kernel", lock_digest: "Packages", cached_from: "Taken from", rows_in: "Rows in", rows_out: "Rows out",
  queued_s: "In the queue", run_s: "Ran", memory_peak_bytes: "Memory peak", name: "Name", type: "Type",
  cache: "May reuse results", start_kernels: "Starts stopped kernels", max_parallel: "Nodes at a time", timeout_s: "Time limit, s",
  targets: "Only these nodes", outputs: "Declared outputs", retries: "Retries", source: "Source", schema: "Schema", target: "Target",
};
export const nameOf = (name: string): string => NAMES[name] ?? name;

const NUMBERS: Record<string, (value: number) => string> = {
  took_s: duration, queued_s: duration, run_s: duration, memory_peak_bytes: size, rows_in: count, rows_out: count,
};

// Null: there is none.
export function valueOf(name: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const number = NUMBERS[name];
  if (number && typeof value === "number") return number(value);
  if (name === "lock_digest") return String(value).slice(0, 12);
  return told(value);
}

const SMALLEST_SHARE = 0.005;

// How much more or less the right one is; "" where that says nothing.
export function changeOf({ name, left, right }: Difference): string {
  if (!(name in NUMBERS) || typeof left !== "number" || typeof right !== "number" || left <= 0) return "";
  const share = right / left - 1;
  if (Math.abs(share) < SMALLEST_SHARE) return "";
  const sign = share > 0 ? "+" : "−";
  return share >= 9 ? `× ${count(Math.round(right / left))}` : `${sign}${Math.round(Math.abs(share) * 100)} %`;
}

export function outputInWords(given: unknown): string | null {
  const output = given as Output | null;
  if (output === null) return null;
  const shape = output.rows === null ? counted(output.columns.length, "column") : `${count(output.rows)} × ${output.columns.length}`;
  return `${shape}, ${size(output.size)}`;
}

export function artifactInWords(given: unknown): string | null {
  const artifact = given as ArtifactFact | null;
  return artifact === null ? null : `${artifact.type_name}, ${size(artifact.size)}`;
}

// Columns of the left output that the right one lacks, and the reverse, by name and type.
export function columnsApart({ left, right }: Difference): { gone: string[]; come: string[] } {
  const [mine, other] = [left, right].map((one) => new Set(((one as Output | null)?.columns ?? []).map(({ name, type }) => `${name} ${type}`)));
  if (!mine || !other || left === null || right === null) return { gone: [], come: [] };
  return { gone: [...mine].filter((one) => !other.has(one)), come: [...other].filter((one) => !mine.has(one)) };
}

export function isAlike({ facts, parameters, options, nodes }: Comparison): boolean {
  return facts.length + parameters.length + options.length + nodes.length === 0;
}

// What differs about a node, in a line.
export function summaryOf(node: NodeDifference): string {
  if (node.only !== null) return node.only === "left" ? "only on the left" : "only on the right";
  const parts: [string, boolean][] = [
    ["code", node.code !== null], ["settings", node.settings.length > 0], ["inputs", node.inputs.length > 0],
    ["outcome", node.facts.some(({ name }) => name === "state" || name === "error")],
    ["times", node.facts.some(({ name }) => name === "run_s" || name === "queued_s")],
    ["rows", node.facts.some(({ name }) => name === "rows_in" || name === "rows_out")],
    ["outputs", node.outputs.length > 0], ["artifacts", node.artifacts.length > 0],
  ];
  const found = parts.filter(([, differs]) => differs).map(([word]) => word);
  return found.length > 0 ? found.join(", ") : "record";
}
