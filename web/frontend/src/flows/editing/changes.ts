// Changes of a flow's document; each gives a new one. Pure.
import type { Connection, FlowDocument, FlowNode } from "../../api/flows";

const STARTS: Record<string, { name: string; settings: Record<string, unknown> }> = {
  python_script: { name: "Script", settings: { cells: [{ id: "c1", code: "" }] } },
  sql: { name: "Query", settings: { query: "SELECT *\nFROM " } },
  input: { name: "Input", settings: { source: { kind: "file", path: "", format: "parquet" } } },
  output: { name: "Output", settings: { target: { kind: "file", path: "", format: "parquet" } } },
};

export function addNode(flow: FlowDocument, type: string): { flow: FlowDocument; id: string } {
  const start = STARTS[type] ?? { name: "Node", settings: {} };
  const taken = new Set(flow.nodes.map((one) => one.id));
  const id = free(start.name.toLowerCase(), taken);
  const number = id.split("-")[1];
  const node: FlowNode = { id, type, name: number ? `${start.name} ${number}` : start.name, kernel: null, settings: structuredClone(start.settings) };
  return { flow: { ...flow, nodes: [...flow.nodes, node] }, id };
}

function free(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(id)) return id;
  }
}

export function changeNode(flow: FlowDocument, id: string, part: Partial<FlowNode>): FlowDocument {
  return { ...flow, nodes: flow.nodes.map((one) => (one.id === id ? { ...one, ...part } : one)) };
}

export function changeSettings(flow: FlowDocument, id: string, part: Record<string, unknown>): FlowDocument {
  return { ...flow, nodes: flow.nodes.map((one) => (one.id === id ? { ...one, settings: { ...one.settings, ...part } } : one)) };
}

export function removeNode(flow: FlowDocument, id: string): FlowDocument {
  return {
    ...flow, nodes: flow.nodes.filter((one) => one.id !== id), connections: flow.connections.filter((one) => one.from !== id && one.to !== id),
  };
}

// Why these two cannot be joined; null: they can.
export function cannotConnect(flow: FlowDocument, from: string, to: string): string | null {
  if (from === to) return "A node cannot read itself.";
  if (flow.connections.some((one) => one.from === from && one.to === to)) return "They are connected already.";
  return reaches(flow.connections, to, from) ? "That would be a circle: it reads, by others, what it is to feed." : null;
}

export function connect(flow: FlowDocument, from: string, to: string): FlowDocument {
  if (cannotConnect(flow, from, to) !== null) return flow;
  return { ...flow, connections: [...flow.connections, { from, output: "main", to, input: null }] };
}

export function changeConnection(flow: FlowDocument, which: Connection, part: Partial<Connection> | null): FlowDocument {
  const connections = flow.connections.flatMap((one) => (one !== which ? [one] : part === null ? [] : [{ ...one, ...part }]));
  return { ...flow, connections };
}

function reaches(connections: readonly Connection[], from: string, to: string): boolean {
  const seen = new Set([from]);
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true;
    for (const one of connections) {
      if (one.from !== id || seen.has(one.to)) continue;
      seen.add(one.to);
      open.push(one.to);
    }
  }
  return false;
}

export interface Cell { id: string; code: string }

export function cellsOf({ settings }: Pick<FlowNode, "settings">): Cell[] {
  const cells = Array.isArray(settings["cells"]) ? (settings["cells"] as unknown[]) : [];
  return cells.map((cell, index) => (typeof cell === "string" ? { id: `c${index + 1}`, code: cell } : (cell as Cell)));
}

export function withCell(cells: Cell[]): Cell[] {
  return [...cells, { id: free("c", new Set(cells.map((one) => one.id))), code: "" }];
}
