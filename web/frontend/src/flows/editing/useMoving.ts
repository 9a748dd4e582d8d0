import type { NodeChange } from "@xyflow/react";
import { useRef, useState } from "react";
import type { CardNode } from "../graph/NodeCard";
import type { Place } from "../layout";

const STILL: ReadonlyMap<string, Place> = new Map();

// While something is dragged only the canvas knows where it is; the flow hears of it at the end.
export function useMoving(onMove: (moved: Map<string, Place>, key: string | undefined) => void) {
  const [moving, setMoving] = useState(STILL);
  const dragged = useRef(false);
  const take = (changes: NodeChange<CardNode>[]): void => {
    const moved = new Map<string, Place>();
    let ended = false;
    for (const change of changes) {
      if (change.type !== "position") continue;
      if (change.position) moved.set(change.id, change.position);
      if (change.dragging) dragged.current = true;
      else ended = true;
    }
    if (moved.size > 0 && !ended) setMoving((before) => new Map([...before, ...moved]));
    if (!ended) return;
    // Arrow keys one after the other are one step of what can be undone; each drag is one.
    const key = dragged.current ? undefined : `move ${[...moved.keys()].join(" ")}`;
    dragged.current = false;
    setMoving(STILL);
    if (moved.size > 0) onMove(moved, key);
  };
  return { moving, take };
}
