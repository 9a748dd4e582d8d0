// A flow, or a run of one, as what the canvas draws. Pure.
import type { NodeRun } from "../../api/runs";
import { lineOf } from "../../runs/states";
import { duration } from "../../words/times";
import { count } from "../../words/sizes";
import type { Place } from "../layout";

export interface DrawnNode { id: string; name: string; type: string; kernel: string | null; done: NodeRun | null; position?: Place | null }
export interface Wire { from: string; output: string; to: string; input: string | null }
export interface Drawing { nodes: DrawnNode[]; wires: Wire[] }

interface Named { id: string; name: string; type: string; kernel: string | null; position?: Place | null }

export function drawingOf(
  nodes: readonly Named[], wires: readonly Wire[], runs: readonly NodeRun[], kernelName: (id: string) => string,
): Drawing {
  const byId = new Map(runs.map((one) => [one.node_id, one]));
  return {
    nodes: nodes.map(({ id, name, type, kernel, position = null }) => ({
      id, name: name || id, type, kernel: kernel === null ? null : kernelName(kernel), done: byId.get(id) ?? null, position,
    })),
    wires: [...wires],
  };
}

const THROUGH: ReadonlySet<string> = new Set(["succeeded", "cached"]);

export type Look = "solid" | "moving" | "waiting";

// Finished wires are solid; what is being read moves.
export function wireLook(wire: Wire, nodes: ReadonlyMap<string, DrawnNode>): Look {
  const from = nodes.get(wire.from)?.done;
  const to = nodes.get(wire.to)?.done;
  if (!from || !THROUGH.has(from.state)) return "waiting";
  return to?.state === "running" ? "moving" : "solid";
}

// What stands on a wire: the input's name, and the output's where it is not the main one.
export function wireWords({ output, input }: Wire): string {
  if (output === "main" || output === "") return input ?? "";
  return input === null || input === output ? output : `${output} → ${input}`;
}

export const TYPES: Record<string, string> = {
  python_script: "Python Script", input: "Input", sql: "SQL", output: "Output",
};

// Its second line: rows and time once it is done, and where it runs.
export function subLine({ kernel, done }: DrawnNode): string {
  const parts: string[] = [];
  if (done?.rows_out != null) parts.push(`${count(done.rows_out)} ${done.rows_out === 1 ? "row" : "rows"}`);
  if (done?.run_s != null && done.finished_at !== null) parts.push(duration(done.run_s));
  return [...parts, kernel ?? ""].filter(Boolean).join(" · ");
}

export function troubleOf({ done }: DrawnNode): string | null {
  return done?.error ? lineOf(done) : null;
}

export function nameOf(node: DrawnNode, word: string | null): string {
  return [node.name, TYPES[node.type] ?? node.type, word, troubleOf(node)].filter(Boolean).join(", ");
}

// The same for a wire as long as it joins the same: its input may be renamed.
export function wireIds(wires: readonly Wire[]): string[] {
  const seen = new Map<string, number>();
  return wires.map(({ from, output, to }) => {
    const key = JSON.stringify([from, output, to]);
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    return number === 1 ? key : `${key} ${number}`;
  });
}

// A flow's own name for what an input is called where its connection gives none: as the server makes it.
export function fitted(name: string): string {
  const plain = name.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").trim().toLowerCase();
  const fit = plain.replace(/[^a-z0-9_]+/g, "_").replace(/^_+|_+$/g, "");
  if (fit === "") return "node";
  return (/^[a-z]/.test(fit) ? fit : `node_${fit}`).slice(0, 200);
}
