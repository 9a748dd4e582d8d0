// Where the nodes of a flow stand: layers from left to right. Pure.
import { Graph, layout } from "@dagrejs/dagre";
import { groupBy } from "../words/lists";

export const WIDTH = 200;
export const HEIGHT = 64;
const BESIDE = 32;
const BETWEEN = 64;
// Of more, ranks alone are told apart: the whole of the work would hold up the page.
const MOST_LAID_OUT = 600;

export interface Place { x: number; y: number }
interface Named { id: string }
interface Wire { from: string; to: string }

export function placesOf(nodes: readonly Named[], wires: readonly Wire[]): Map<string, Place> {
  return nodes.length > MOST_LAID_OUT ? inLayers(nodes, wires) : byDagre(nodes, wires);
}

function byDagre(nodes: readonly Named[], wires: readonly Wire[]): Map<string, Place> {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: BESIDE, ranksep: BETWEEN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  for (const { from, to } of wires) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  layout(graph);
  return new Map(nodes.map(({ id }) => {
    const { x, y } = graph.node(id) as Place;
    return [id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }];
  }));
}

export function inLayers(nodes: readonly Named[], wires: readonly Wire[]): Map<string, Place> {
  const ranks = ranksOf(nodes, wires);
  const taken = new Map<number, number>();
  return new Map(nodes.map(({ id }) => {
    const rank = ranks.get(id) ?? 0;
    const row = taken.get(rank) ?? 0;
    taken.set(rank, row + 1);
    return [id, { x: rank * (WIDTH + BETWEEN), y: row * (HEIGHT + BESIDE) }];
  }));
}

// The longest way to each node. Without recursion: a chain may be as long as a flow is large.
function ranksOf(nodes: readonly Named[], wires: readonly Wire[]): Map<string, number> {
  const before = new Map(nodes.map(({ id }) => [id, 0]));
  const after = groupBy(wires, ({ from }) => from);
  for (const { to } of wires) before.set(to, (before.get(to) ?? 0) + 1);
  const ranks = new Map<string, number>();
  const free = nodes.filter(({ id }) => before.get(id) === 0).map(({ id }) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    for (const { to } of after.get(id) ?? []) {
      ranks.set(to, Math.max(ranks.get(to) ?? 0, (ranks.get(id) ?? 0) + 1));
      const left = (before.get(to) ?? 1) - 1;
      before.set(to, left);
      if (left === 0) free.push(to);
    }
  }
  return ranks;
}

// From the uppermost to the lowest.
export function heightOf(places: ReadonlyMap<string, Place>): number {
  const all = [...places.values()].map(({ y }) => y);
  return all.length === 0 ? 0 : all.reduce((a, b) => Math.max(a, b)) - all.reduce((a, b) => Math.min(a, b)) + HEIGHT;
}
