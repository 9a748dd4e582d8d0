import {
  Background, Controls, MarkerType, ReactFlow, ReactFlowProvider, useReactFlow, type Edge, type NodeChange,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo } from "react";
import "../../styles/graph.css";
import { lookOf } from "../../parts/StateChip";
import { HEIGHT, heightOf, placesOf, WIDTH } from "../layout";
import type { GraphProps } from "./Graph";
import { nameOf, wireLook, wireWords } from "./model";
import { NodeCard, type CardNode } from "./NodeCard";

const CARDS = { card: NodeCard };
// On a small screen a part that can be read is worth more than the whole.
const NARROW = 640;
const FIT = { padding: 0.06, maxZoom: 1, minZoom: window.innerWidth < NARROW ? 0.6 : 0.1 };
const MARGINS = 120;
// Under this many all are drawn at once: then the keyboard reaches each.
const ALL_UNTIL = 150;

export default function FlowGraph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ drawing, chosen, onChoose, label, editing }: GraphProps) {
  const { nodes: drawn, wires } = drawing;
  // The shape alone asks for a new layout: a run changes states many times a second.
  const shape = JSON.stringify([drawn.map(({ id }) => id), wires.map(({ from, to }) => [from, to])]);
  const places = useMemo(() => {
    const [ids, pairs] = JSON.parse(shape) as [string[], [string, string][]];
    return placesOf(ids.map((id) => ({ id })), pairs.map(([from, to]) => ({ from, to })));
  }, [shape]);
  const { fitView } = useReactFlow();
  useEffect(() => void fitView(FIT), [shape, fitView]);
  const joins = editing !== undefined;
  const nodes = useMemo(
    () =>
      drawn.map((one): CardNode => ({
        id: one.id, type: "card", position: places.get(one.id) ?? { x: 0, y: 0 }, width: WIDTH, height: HEIGHT, data: { drawn: one, joins },
        selected: one.id === chosen, ariaLabel: nameOf(one, one.done && lookOf(one.done.state).word), ariaRole: "button",
      })),
    [drawn, places, chosen, joins],
  );
  const edges = useMemo(() => {
    const byId = new Map(drawn.map((one) => [one.id, one]));
    return wires.map((wire): Edge => {
      const look = wireLook(wire, byId);
      return {
        id: `${wire.from} ${wire.output} ${wire.to} ${wire.input ?? ""}`, source: wire.from, target: wire.to, label: wireWords(wire),
        className: `wire ${look}`, focusable: false, selectable: false, markerEnd: { type: MarkerType.ArrowClosed, color: "var(--edge)", width: 16, height: 16 },
      };
    });
  }, [wires, drawn]);
  const take = (changes: NodeChange<CardNode>[]): void => {
    const picked = changes.find((change) => change.type === "select" && change.selected);
    if (picked?.type === "select") onChoose(picked.id);
    else if (changes.some((change) => change.type === "select" && change.id === chosen && !change.selected)) onChoose(undefined);
  };
  return (
    <div className="graph-place" style={{ height: `clamp(280px, ${heightOf(places) + MARGINS}px, calc(100vh - 320px))` }}>
    <ReactFlow
      className="graph" aria-label={label} role="group" nodes={nodes} edges={edges} nodeTypes={CARDS} onNodesChange={take}
      onPaneClick={() => onChoose(undefined)} nodesDraggable={false} nodesConnectable={joins} edgesFocusable={false} fitView fitViewOptions={FIT}
      minZoom={0.1} maxZoom={1.5} onlyRenderVisibleElements={drawn.length > ALL_UNTIL} proOptions={{ hideAttribution: true }} deleteKeyCode={joins ? ["Delete", "Backspace"] : null}
      onConnect={({ source, target }) => editing?.onConnect(source, target)} onBeforeDelete={({ nodes: gone }) => (gone[0] && editing?.onRemove(gone[0].id), Promise.resolve(false))}
     
      zoomOnScroll={false} panOnScroll preventScrolling={false} disableKeyboardA11y={false}
    >
      <Background gap={20} size={1} color="var(--line)" />
      <Controls showInteractive={false} position="bottom-right" fitViewOptions={FIT} />
    </ReactFlow>
    </div>
  );
}
