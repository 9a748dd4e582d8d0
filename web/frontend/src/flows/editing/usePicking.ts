import type { EdgeChange, NodeChange } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { WireEdge } from "../graph/Wire";
import type { CardNode } from "../graph/NodeCard";
import { withChanges, type Picked } from "./picked";

// The canvas tells of nodes and of wires one after the other: the second builds on the first.
export function usePicking(picked: Picked, onPick: (picked: Picked) => void) {
  const latest = useRef(picked);
  useEffect(() => {
    latest.current = picked;
  }, [picked]);
  const put = (part: Partial<Picked>): void => {
    latest.current = { ...latest.current, ...part };
    onPick(latest.current);
  };
  const selects = (changes: { type: string }[]): boolean => changes.some(({ type }) => type === "select");
  return {
    nodes: (changes: NodeChange<CardNode>[]): void => void (selects(changes) && put({ nodes: withChanges(latest.current.nodes, changes as NodeChange[]) })),
    wires: (changes: EdgeChange<WireEdge>[]): void => void (selects(changes) && put({ wires: withChanges(latest.current.wires, changes as EdgeChange[]) })),
  };
}
