import { useReactFlow, type Connection, type EdgeChange, type NodeChange, type OnBeforeDelete } from "@xyflow/react";
import { useEffect, useMemo, useRef, type DragEvent } from "react";
import { FIT } from "../graph/canvas";
import type { CardNode } from "../graph/NodeCard";
import type { WireEdge } from "../graph/Wire";
import type { EditGraphProps } from "./EditGraph";
import { CARRIED } from "./Palette";
import { NONE, withChanges, type Picked } from "./picked";

// What the canvas tells. Always the same functions: with each new one React Flow would ask every node and wire again.
export function useTold(props: EditGraphProps, take: (changes: NodeChange<CardNode>[]) => void) {
  const latest = useRef({ props, take, picked: props.picked });
  useEffect(() => {
    latest.current = { props, take, picked: props.picked };
  });
  const { fitView, screenToFlowPosition } = useReactFlow();
  return useMemo(() => {
    const now = (): EditGraphProps => latest.current.props;
    // Nodes and wires are told of one after the other: the second builds on the first.
    const pick = (part: Partial<Picked>): void => {
      latest.current.picked = { ...latest.current.picked, ...part };
      now().onPick(latest.current.picked);
    };
    const selects = (changes: { type: string }[]): boolean => changes.some(({ type }) => type === "select");
    const remove: OnBeforeDelete<CardNode, WireEdge> = ({ nodes, edges }) => {
      const ids = new Set(nodes.map(({ id }) => id));
      now().onRemove({ nodes: [...ids], wires: edges.filter((one) => !ids.has(one.source) && !ids.has(one.target)).map(({ id }) => id) });
      return Promise.resolve(false);
    };
    return {
      remove,
      nodes: (changes: NodeChange<CardNode>[]): void => {
        latest.current.take(changes);
        if (selects(changes)) pick({ nodes: withChanges(latest.current.picked.nodes, changes) });
      },
      wires: (changes: EdgeChange<WireEdge>[]): void => {
        if (selects(changes)) pick({ wires: withChanges(latest.current.picked.wires, changes) });
      },
      leave: (): void => now().onPick(NONE),
      connect: ({ source, target }: Connection): void => now().onConnect(source, target),
      // Pressed and not dragged: near the middle of what is seen.
      add: (type: string, place: HTMLElement | null): void => {
        const box = place?.getBoundingClientRect() ?? new DOMRect();
        now().onAdd(type, screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 }), false);
      },
      drop: (event: DragEvent): void => {
        const type = event.dataTransfer.getData(CARRIED);
        if (type === "") return;
        event.preventDefault();
        now().onAdd(type, screenToFlowPosition({ x: event.clientX, y: event.clientY }), true);
      },
      layOut: (): void => {
        now().onLayOut();
        requestAnimationFrame(() => void fitView(FIT));
      },
    };
  }, [fitView, screenToFlowPosition]);
}
