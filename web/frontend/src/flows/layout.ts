// Where the nodes of a flow stand: layers from left to right. Pure.
import { Graph, layout } from "@dagrejs/dagre";
import { groupBy } from "../words/lists";

export const WIDTH = 200;
export const HEIGHT = 64;
const BESIDE = 32;
// Room for the names of inputs.
export const BETWEEN = 88;
// dagre's time grows with the square and more: of 120 nodes it holds up the page for a second.
const MOST_FOR_DAGRE = 50;

export interface Place { x: number; y: number }
interface Named { id: string; position?: Place | null }
interface Wire { from: string; to: string }

// What was put somewhere stays there; the others stand beside what they read.
export function placesOf(nodes: readonly Named[], wires: readonly Wire[]): Map<string, Place> {
  const put = new Map(nodes.flatMap(({ id, position }): [string, Place][] => (position ? [[id, position]] : [])));
  if (put.size === 0) return laidOut(nodes, wires);
  return put.size === nodes.length ? put : withTheRest(nodes, wires, put);
}

export function laidOut(nodes: readonly Named[], wires: readonly Wire[]): Map<string, Place> {
  return nodes.length > MOST_FOR_DAGRE ? inLayers(nodes, wires) : byDagre(nodes, wires);
}

function withTheRest(nodes: readonly Named[], wires: readonly Wire[], put: ReadonlyMap<string, Place>): Map<string, Place> {
  const places = new Map(put);
  const ranks = ranksOf(nodes, wires);
  const before = groupBy(wires, ({ to }) => to);
  const rest = nodes.filter(({ id }) => !put.has(id)).sort((a, b) => (ranks.get(a.id) ?? 0) - (ranks.get(b.id) ?? 0));
  const taken = new Taken(put.values());
  for (const { id } of rest) {
    const source = before.get(id)?.map(({ from }) => places.get(from)).find((one) => one !== undefined);
    const place = taken.free(source ? { x: source.x + WIDTH + BETWEEN, y: source.y } : { x: taken.left, y: taken.lowest });
    places.set(id, place);
    taken.add(place);
  }
  return places;
}

// Where nodes stand, so that no two stand on one another.
export class Taken {
  left = 0;
  lowest = 0;
  #rows = new Map<number, Place[]>();

  constructor(places: Iterable<Place>) {
    const all = [...places];
    if (all.length > 0) {
      this.left = all.reduce((least, { x }) => Math.min(least, x), Infinity);
      this.lowest = all.reduce((most, { y }) => Math.max(most, y + HEIGHT + BESIDE), -Infinity);
    }
    for (const one of all) this.add(one);
  }

  add(place: Place): void {
    const row = Math.floor(place.y / HEIGHT);
    const there = this.#rows.get(row);
    if (there) there.push(place);
    else this.#rows.set(row, [place]);
  }

  // There, or the nearest place below.
  free(wanted: Place): Place {
    let place = wanted;
    for (let hit = this.#hit(place); hit; hit = this.#hit(place)) place = { x: place.x, y: hit.y + HEIGHT + BESIDE };
    return place;
  }

  #hit({ x, y }: Place): Place | undefined {
    const row = Math.floor(y / HEIGHT);
    return [row - 1, row, row + 1].flatMap((one) => this.#rows.get(one) ?? [])
      .find((one) => Math.abs(one.x - x) < WIDTH + 8 && Math.abs(one.y - y) < HEIGHT + 8);
  }
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

const SWEEPS = 4;

// Layers by the longest way, within each those near to what they are joined to: a few sweeps to and fro.
export function inLayers(nodes: readonly Named[], wires: readonly Wire[]): Map<string, Place> {
  const ranks = ranksOf(nodes, wires);
  const layers = [...groupBy(nodes.map(({ id }) => id), (id) => ranks.get(id) ?? 0)].sort(([a], [b]) => a - b);
  const before = groupBy(wires, ({ to }) => to);
  const after = groupBy(wires, ({ from }) => from);
  const at = new Map<string, number>();
  for (const [, layer] of layers) settle(layer, at);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (const [, layer] of forth ? layers : [...layers].reverse()) {
      const others = (id: string): string[] => (forth ? before.get(id)?.map((one) => one.from) : after.get(id)?.map((one) => one.to)) ?? [];
      const wanted = new Map(layer.map((id) => [id, middle(others(id), at) ?? at.get(id) ?? 0]));
      layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      settle(layer, at);
    }
  }
  const places = layers.flatMap(([rank, layer]) =>
    layer.map((id): [string, Place] => [id, { x: rank * (WIDTH + BETWEEN), y: (at.get(id) ?? 0) * (HEIGHT + BESIDE) }]),
  );
  return new Map(places);
}

// One below the other, around a common middle line.
function settle(layer: string[], at: Map<string, number>): void {
  layer.forEach((id, row) => at.set(id, row - (layer.length - 1) / 2));
}

function middle(ids: string[], at: ReadonlyMap<string, number>): number | null {
  if (ids.length === 0) return null;
  return ids.reduce((sum, id) => sum + (at.get(id) ?? 0), 0) / ids.length;
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
