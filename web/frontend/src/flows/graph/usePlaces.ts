import { useMemo } from "react";
import { placesOf, type Place } from "../layout";
import type { DrawnNode, Wire } from "./model";

export const NOTHING: ReadonlySet<string> = new Set();

// The shape alone asks for a new layout: a run changes states many times a second.
export function usePlaces(nodes: readonly DrawnNode[], wires: readonly Wire[]): { places: Map<string, Place>; shape: string } {
  const shape = useMemo(
    () => JSON.stringify([nodes.map(({ id, position }) => [id, position ? [position.x, position.y] : null]), wires.map(({ from, to }) => [from, to])]),
    [nodes, wires],
  );
  const places = useMemo(() => {
    const [named, pairs] = JSON.parse(shape) as [[string, [number, number] | null][], [string, string][]];
    return placesOf(
      named.map(([id, at]) => ({ id, position: at && { x: at[0], y: at[1] } })), pairs.map(([from, to]) => ({ from, to })),
    );
  }, [shape]);
  return { places, shape };
}
