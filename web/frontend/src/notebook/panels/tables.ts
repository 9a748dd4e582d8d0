// What a node reads, by its connections: each table with what is known of it. Pure.
import type { components } from "../../api/schema";
import type { Flow } from "../../api/flows";
import { fitted } from "../../flows/graph/model";

type Schemas = components["schemas"];
export type Output = Schemas["OutputShape"];
type Whole = Pick<Flow, "nodes" | "connections">;

export interface Input { name: string; from: string; fromName: string; output: string; table: Output | null }

export function inputsOf(flow: Whole, node: string, outputs: readonly Output[]): Input[] {
  const names = new Map(flow.nodes.map(({ id, name }) => [id, name || id]));
  return flow.connections.filter(({ to }) => to === node).map(({ from, output, input }) => {
    const fromName = names.get(from) ?? from;
    const table = outputs.find((one) => one.node_id === from && one.name === output) ?? null;
    return { name: input ?? fitted(fromName), from, fromName, output, table };
  });
}

// All nodes that a node reads from, near and far.
export function upstreamOf(flow: Whole, node: string): Set<string> {
  const found = new Set<string>();
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { from, to } of flow.connections) {
      if (to !== next || found.has(from)) continue;
      found.add(from);
      waiting.push(from);
    }
  }
  found.delete(node);
  return found;
}

interface Owned { node_id: string }
export interface Parted<A> { here: A[]; upstream: A[]; elsewhere: A[] }

// Artifacts by who owns them, as a node sees it; without a node all of them are the cells' own.
export function parted<A extends Owned>(artifacts: readonly A[], node: string | null, upstream: ReadonlySet<string>): Parted<A> {
  const made: Parted<A> = { here: [], upstream: [], elsewhere: [] };
  for (const one of artifacts) {
    if (node === null || one.node_id === node) made.here.push(one);
    else if (one.node_id === "" || upstream.has(one.node_id)) made.upstream.push(one);
    else made.elsewhere.push(one);
  }
  return made;
}
