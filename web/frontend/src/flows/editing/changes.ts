// Changes of a flow's document; each gives a new one. Pure.
import type { Connection, FlowDocument, FlowNode } from "../../api/flows";
import { groupBy } from "../../words/lists";
import type { Place } from "../layout";
import { without } from "./without";
import { hasPlaces, move, placeFor } from "./moving";

const STARTS: Record<string, { name: string; settings: Record<string, unknown> }> = {
  python_script: { name: "Script", settings: { cells: [{ id: "c1", code: "" }] } },
  sql: { name: "Query", settings: { query: "" } },
  input: { name: "Input", settings: {} },
  output: { name: "Output", settings: {} },
};

export interface Made { flow: FlowDocument; ids: string[] }

// `wanted`: where it was put; else it stands where the layout has it, or, if the flow has places, beside another.
export function addNode(flow: FlowDocument, type: string, wanted?: { at: Place } | { beside: string }): Made {
  const start = STARTS[type] ?? { name: "Node", settings: {} };
  const id = free(start.name.toLowerCase(), new Set(flow.nodes.map((one) => one.id)));
  const number = id.split("-")[1];
  const node: FlowNode = { id, type, name: number ? `${start.name} ${number}` : start.name, kernel: null, settings: structuredClone(start.settings) };
  const next = { ...flow, nodes: [...flow.nodes, node] };
  if (wanted === undefined || ("beside" in wanted && !hasPlaces(flow))) return { flow: next, ids: [id] };
  return { flow: move(next, new Map([[id, placeFor(flow, wanted)]])), ids: [id] };
}

// Copies beside the originals, with the connections among them and from what they read.
export function duplicate(flow: FlowDocument, ids: readonly string[]): Made {
  const taken = new Set(flow.nodes.map((one) => one.id));
  const copies = new Map<string, string>();
  let next = flow;
  for (const id of ids) {
    const node = flow.nodes.find((one) => one.id === id);
    if (!node) continue;
    const copy = free(/^(.*)-\d+$/.exec(id)?.[1] ?? id, taken);
    taken.add(copy);
    copies.set(id, copy);
    const rest = without(structuredClone(node), "position");
    const placed = node.position ? { position: placeFor(next, { at: { x: node.position.x + 132, y: node.position.y + 128 } }) } : {};
    next = { ...next, nodes: [...next.nodes, { ...rest, id: copy, name: `${node.name} copy`.slice(0, 200), ...placed }] };
  }
  const joined = flow.connections.flatMap((one): Connection[] => {
    const to = copies.get(one.to);
    return to === undefined ? [] : [{ ...one, from: copies.get(one.from) ?? one.from, to }];
  });
  return { flow: { ...next, connections: [...next.connections, ...joined] }, ids: [...copies.values()] };
}

function free(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.slice(0, 56);
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? wanted : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}

export function changeNode(flow: FlowDocument, id: string, part: Partial<FlowNode>): FlowDocument {
  return { ...flow, nodes: flow.nodes.map((one) => (one.id === id ? { ...one, ...part } : one)) };
}

// A setting that is undefined goes.
export function changeSettings(flow: FlowDocument, id: string, part: Record<string, unknown>): FlowDocument {
  return {
    ...flow,
    nodes: flow.nodes.map((one) => {
      if (one.id !== id) return one;
      const settings = Object.fromEntries(Object.entries({ ...one.settings, ...part }).filter(([, value]) => value !== undefined));
      return { ...one, settings };
    }),
  };
}

export function removeNodes(flow: FlowDocument, ids: readonly string[]): FlowDocument {
  const gone = new Set(ids);
  if (!flow.nodes.some((one) => gone.has(one.id))) return flow;
  return {
    ...flow, nodes: flow.nodes.filter((one) => !gone.has(one.id)),
    connections: flow.connections.filter((one) => !gone.has(one.from) && !gone.has(one.to)),
  };
}

// Why these two cannot be joined; null: they can.
export function cannotConnect(flow: FlowDocument, from: string, to: string): string | null {
  if (from === to) return "A node cannot read itself.";
  if (flow.connections.some((one) => one.from === from && one.to === to)) return "They are connected already.";
  if (reaches(flow.connections, to, from)) return "That would be a circle: it reads, by others, what it is to feed.";
  const input = flow.nodes.find((one) => one.id === to)?.type === "input";
  return input ? "An input reads a file, the catalog or a table, and no other node." : null;
}

export function connect(flow: FlowDocument, from: string, to: string): FlowDocument {
  if (cannotConnect(flow, from, to) !== null) return flow;
  return { ...flow, connections: [...flow.connections, { from, output: "main", to, input: null }] };
}

// Null: it goes.
export function changeConnection(flow: FlowDocument, which: Connection, part: Partial<Connection> | null): FlowDocument {
  const connections = flow.connections.flatMap((one) => (one !== which ? [one] : part === null ? [] : [{ ...one, ...part }]));
  return { ...flow, connections };
}

function reaches(connections: readonly Connection[], from: string, to: string): boolean {
  return all(connections, from, "from", "to").has(to);
}

// Everything that wires lead to from here, itself included.
function all(connections: readonly Connection[], start: string, here: "from" | "to", there: "from" | "to"): Set<string> {
  const next = groupBy(connections, (one) => one[here]);
  const seen = new Set([start]);
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const one of next.get(id) ?? []) {
      if (seen.has(one[there])) continue;
      seen.add(one[there]);
      open.push(one[there]);
    }
  }
  return seen;
}

// What a node can be joined with: those it could read, and those that could read it.
export function joinable(flow: FlowDocument, id: string): { above: FlowNode[]; below: FlowNode[] } {
  const upstream = all(flow.connections, id, "to", "from");
  const downstream = all(flow.connections, id, "from", "to");
  const read = new Set(flow.connections.flatMap((one) => (one.to === id ? [one.from] : [])));
  const readers = new Set(flow.connections.flatMap((one) => (one.from === id ? [one.to] : [])));
  const isInput = flow.nodes.find((one) => one.id === id)?.type === "input";
  return {
    above: isInput ? [] : flow.nodes.filter((one) => !downstream.has(one.id) && !read.has(one.id)),
    below: flow.nodes.filter((one) => one.type !== "input" && !upstream.has(one.id) && !readers.has(one.id)),
  };
}

export interface Cell { id: string; code: string }

export function cellsOf({ settings }: Pick<FlowNode, "settings">): Cell[] {
  const cells = Array.isArray(settings["cells"]) ? (settings["cells"] as unknown[]) : [];
  return cells.map((cell, index) => (typeof cell === "string" ? { id: `c${index + 1}`, code: cell } : (cell as Cell)));
}

export function withCell(cells: Cell[]): Cell[] {
  return [...cells, { id: free("c", new Set(cells.map((one) => one.id))), code: "" }];
}

// A place that nobody filled in yet is none.
export function cleaned(flow: FlowDocument): FlowDocument {
  return {
    ...flow,
    nodes: flow.nodes.map((node) => {
      const { source, target, ...rest } = node.settings;
      const kept = { ...(source !== undefined && !isBlank(source) && { source }), ...(target !== undefined && !isBlank(target) && { target }) };
      return { ...node, settings: { ...rest, ...kept } };
    }),
  };
}

export function isBlank(place: unknown): boolean {
  if (typeof place !== "object" || place === null) return true;
  const { kind, path, name } = place as Record<string, unknown>;
  if (kind === "file") return path === "" || path === undefined;
  return kind === "catalog" ? name === "" || name === undefined : false;
}
