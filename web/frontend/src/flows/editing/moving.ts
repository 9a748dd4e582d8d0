// Where nodes stand, as a part of the flow. Pure.
import type { FlowDocument, FlowNode } from "../../api/flows";
import { without } from "./without";
import { BETWEEN, HEIGHT, placesOf, Taken, WIDTH, type Place } from "../layout";

const FARTHEST = 1_000_000;

export const hasPlaces = (flow: FlowDocument): boolean => flow.nodes.some((one) => one.position);

// As soon as one node was moved all keep where they stand: else the others would jump.
export function move(flow: FlowDocument, moved: ReadonlyMap<string, Place>): FlowDocument {
  const places = placesOf(flow.nodes, flow.connections);
  const still = [...moved].every(([id, place]) => same(places.get(id), rounded(place)));
  if (still) return flow;
  return { ...flow, nodes: flow.nodes.map((one) => standing(one, moved.get(one.id) ?? places.get(one.id))) };
}

function standing(node: FlowNode, place: Place | undefined): FlowNode {
  if (!place) return node;
  const position = rounded(place);
  return node.position && same(node.position, position) ? node : { ...node, position };
}

// Without places the layout follows from the connections, and the file of the flow says nothing of it.
export function layOut(flow: FlowDocument): FlowDocument {
  if (!hasPlaces(flow)) return flow;
  return {
    ...flow,
    nodes: flow.nodes.map((one) => without(one, "position")),
  };
}

// A place for a new node: to the right of another, or around a point; nothing is covered.
export function placeFor(flow: FlowDocument, wanted: { beside: string } | { at: Place }): Place {
  const places = placesOf(flow.nodes, flow.connections);
  const taken = new Taken(places.values());
  if ("at" in wanted) return rounded(taken.free({ x: wanted.at.x - WIDTH / 2, y: wanted.at.y - HEIGHT / 2 }));
  const other = places.get(wanted.beside) ?? { x: taken.left, y: taken.lowest };
  return rounded(taken.free({ x: other.x + WIDTH + BETWEEN, y: other.y }));
}

const rounded = ({ x, y }: Place): Place => ({ x: whole(x), y: whole(y) });

function whole(value: number): number {
  const bounded = Math.round(Math.min(FARTHEST, Math.max(-FARTHEST, value)));
  return bounded === 0 ? 0 : bounded;
}

const same = (a: Place | undefined | null, b: Place): boolean => a?.x === b.x && a.y === b.y;
