import { Background, ControlButton, Controls, Panel, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { LayoutDashboard } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import "../../styles/graph.css";
import { ALL_UNTIL, CARDS, FIT, WIRES } from "../graph/canvas";
import { Cards, type Marked } from "../graph/cards";
import type { Drawing } from "../graph/model";
import { usePlaces } from "../graph/usePlaces";
import { Rename } from "../graph/Wire";
import type { Place } from "../layout";
import { CARRIED, Palette } from "./Palette";
import type { Picked } from "./picked";
import { useMoving } from "./useMoving";
import { useReveal } from "./useReveal";
import { useTold } from "./useTold";

export interface EditGraphProps {
  drawing: Drawing;
  picked: Picked;
  marks: ReadonlyMap<string, Marked>;
  label: string;
  onPick: (picked: Picked) => void;
  onMove: (moved: Map<string, Place>, key: string | undefined) => void;
  onConnect: (from: string, to: string) => void;
  onRename: (wire: string, input: string) => void;
  onRemove: (picked: Picked) => void;
  // `at`: where on the canvas; null: wherever there is room near the middle of what is seen.
  onAdd: (type: string, at: Place, dropped: boolean) => void;
  onLayOut: () => void;
}

export default function EditGraph(props: EditGraphProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas(props: EditGraphProps) {
  const { drawing, picked, marks, label } = props;
  const { places } = usePlaces(drawing.nodes, drawing.wires);
  const place = useRef<HTMLDivElement>(null);
  const [cards] = useState(() => new Cards());
  const { moving, take } = useMoving(props.onMove);
  const chosen = useMemo(() => new Set(picked.nodes), [picked.nodes]);
  const nodes = useMemo(
    () => drawing.nodes.map((one) => cards.node(one, moving.get(one.id) ?? places.get(one.id) ?? ORIGIN, chosen.has(one.id), true, marks.get(one.id) ?? null)),
    [cards, drawing.nodes, moving, places, chosen, marks],
  );
  const wires = useMemo(
    () => cards.wires(drawing, new Set(picked.wires), (id) => marks.get(id)?.words ?? null), [cards, drawing, picked.wires, marks],
  );
  const told = useTold(props, take);
  useReveal(picked, places, place);
  return (
    <div className="graph-place edit-place" ref={place} onDrop={told.drop} onDragOver={(event) => event.dataTransfer.types.includes(CARRIED) && event.preventDefault()}>
      <Rename value={props.onRename}>
        <ReactFlow
          className="graph" aria-label={label} role="group" nodes={nodes} edges={wires} nodeTypes={CARDS} edgeTypes={WIRES}
          onNodesChange={told.nodes} onEdgesChange={told.wires} onPaneClick={told.leave} onConnect={told.connect} onBeforeDelete={told.remove}
          deleteKeyCode={DELETES} selectNodesOnDrag fitView fitViewOptions={FIT} minZoom={0.05} maxZoom={1.5} snapToGrid snapGrid={GRID}
          onlyRenderVisibleElements={nodes.length > ALL_UNTIL} proOptions={ATTRIBUTION} zoomOnScroll={false} panOnScroll zoomOnDoubleClick={false}
        >
          <Background gap={20} size={1} color="var(--line)" />
          <Panel position="top-left"><Palette onAdd={(type) => told.add(type, place.current)} /></Panel>
          <Controls showInteractive={false} position="bottom-right" fitViewOptions={FIT}>
            <ControlButton onClick={told.layOut} title="Lay out by the connections" aria-label="Lay out by the connections">
              <LayoutDashboard className="icon" aria-hidden />
            </ControlButton>
          </Controls>
        </ReactFlow>
      </Rename>
      {nodes.length === 0 && <p className="edit-empty soft">Drag a step from above onto the canvas, or press it. Then join them from the right side of one to the left of the next.</p>}
    </div>
  );
}

const ORIGIN = { x: 0, y: 0 };
const DELETES = ["Delete", "Backspace"];
const GRID: [number, number] = [4, 4];
const ATTRIBUTION = { hideAttribution: true };
