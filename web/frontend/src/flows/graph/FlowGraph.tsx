import { Background, Controls, ReactFlow, ReactFlowProvider, useReactFlow, type NodeChange } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useState } from "react";
import "../../styles/graph.css";
import { heightOf } from "../layout";
import { ALL_UNTIL, CARDS, FIT, WIRES } from "./canvas";
import { Cards } from "./cards";
import type { GraphProps } from "./Graph";
import { NOTHING, usePlaces } from "./usePlaces";
import type { CardNode } from "./NodeCard";

const MARGINS = 120;

// A flow to look at: one node is chosen, nothing moves.
export default function FlowGraph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ drawing, chosen, onChoose, label }: GraphProps) {
  const { places, shape } = usePlaces(drawing.nodes, drawing.wires);
  const { fitView } = useReactFlow();
  useEffect(() => void fitView(FIT), [shape, fitView]);
  const [cards] = useState(() => new Cards());
  const nodes = useMemo(
    () => drawing.nodes.map((one) => cards.node(one, places.get(one.id) ?? { x: 0, y: 0 }, one.id === chosen, false, null)),
    [cards, drawing, places, chosen],
  );
  const wires = useMemo(() => cards.wires(drawing, NOTHING, () => null), [cards, drawing]);
  const take = (changes: NodeChange<CardNode>[]): void => {
    const picked = changes.find((change) => change.type === "select" && change.selected);
    if (picked?.type === "select") onChoose(picked.id);
    else if (changes.some((change) => change.type === "select" && change.id === chosen && !change.selected)) onChoose(undefined);
  };
  return (
    <div className="graph-place" style={{ height: `clamp(280px, ${heightOf(places) + MARGINS}px, calc(100vh - 320px))` }}>
      <ReactFlow
        className="graph" aria-label={label} role="group" nodes={nodes} edges={wires} nodeTypes={CARDS} edgeTypes={WIRES} onNodesChange={take}
        onPaneClick={() => onChoose(undefined)} nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} fitView fitViewOptions={FIT}
        minZoom={0.05} maxZoom={1.5} onlyRenderVisibleElements={nodes.length > ALL_UNTIL} proOptions={{ hideAttribution: true }} deleteKeyCode={null}
        zoomOnScroll={false} panOnScroll preventScrolling={false}
      >
        <Background gap={20} size={1} color="var(--line)" />
        <Controls showInteractive={false} position="bottom-right" fitViewOptions={FIT} />
      </ReactFlow>
    </div>
  );
}
