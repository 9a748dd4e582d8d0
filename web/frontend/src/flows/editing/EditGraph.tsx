import { Background, ControlButton, Controls, Panel, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { LayoutDashboard } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type DragEvent } from "react";
import "../../styles/graph.css";
import { ALL_UNTIL, CARDS, FIT, WIRES } from "../graph/canvas";
import { Cards, type Marked } from "../graph/cards";
import type { Drawing } from "../graph/model";
import { usePlaces } from "../graph/usePlaces";
import { Rename } from "../graph/Wire";
import { HEIGHT, WIDTH, type Place } from "../layout";
import { CARRIED, Palette } from "./Palette";
import type { Picked } from "./picked";
import { useMoving } from "./useMoving";
import { usePicking } from "./usePicking";

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
  const { fitView, screenToFlowPosition } = useReactFlow();
  const [cards] = useState(() => new Cards());
  const { moving, take } = useMoving(props.onMove);
  const pick = usePicking(picked, props.onPick);
  const chosen = useMemo(() => new Set(picked.nodes), [picked.nodes]);
  const nodes = useMemo(
    () => drawing.nodes.map((one) => cards.node(one, moving.get(one.id) ?? places.get(one.id) ?? ORIGIN, chosen.has(one.id), true, marks.get(one.id) ?? null)),
    [cards, drawing.nodes, moving, places, chosen, marks],
  );
  const wires = useMemo(
    () => cards.wires(drawing, new Set(picked.wires), (id) => marks.get(id)?.words ?? null), [cards, drawing, picked.wires, marks],
  );
  useReveal(picked, places, place);
  const centre = (): Place => {
    const box = place.current?.getBoundingClientRect();
    return screenToFlowPosition({ x: (box?.left ?? 0) + (box?.width ?? 0) / 2, y: (box?.top ?? 0) + (box?.height ?? 0) / 2 });
  };
  const drop = (event: DragEvent): void => {
    const type = event.dataTransfer.getData(CARRIED);
    if (type === "") return;
    event.preventDefault();
    props.onAdd(type, screenToFlowPosition({ x: event.clientX, y: event.clientY }), true);
  };
  const layOut = (): void => {
    props.onLayOut();
    requestAnimationFrame(() => void fitView(FIT));
  };
  return (
    <div className="graph-place edit-place" ref={place} onDrop={drop} onDragOver={(event) => event.dataTransfer.types.includes(CARRIED) && event.preventDefault()}>
      <Rename value={props.onRename}>
        <ReactFlow
          className="graph" aria-label={label} role="group" nodes={nodes} edges={wires} nodeTypes={CARDS} edgeTypes={WIRES}
          onNodesChange={(changes) => (take(changes), pick.nodes(changes))} onEdgesChange={pick.wires} onPaneClick={() => props.onPick({ nodes: [], wires: [] })}
          onConnect={({ source, target }) => props.onConnect(source, target)}
          onBeforeDelete={({ nodes: gone, edges }) => {
            const ids = new Set(gone.map(({ id }) => id));
            props.onRemove({ nodes: [...ids], wires: edges.filter((one) => !ids.has(one.source) && !ids.has(one.target)).map(({ id }) => id) });
            return Promise.resolve(false);
          }}
          deleteKeyCode={DELETES} selectNodesOnDrag fitView fitViewOptions={FIT} minZoom={0.05} maxZoom={1.5} snapToGrid snapGrid={GRID}
          onlyRenderVisibleElements={nodes.length > ALL_UNTIL} proOptions={ATTRIBUTION} zoomOnScroll={false} panOnScroll zoomOnDoubleClick={false}
        >
          <Background gap={20} size={1} color="var(--line)" />
          <Panel position="top-left"><Palette onAdd={(type) => props.onAdd(type, centre(), false)} /></Panel>
          <Controls showInteractive={false} position="bottom-right" fitViewOptions={FIT}>
            <ControlButton onClick={layOut} title="Lay out by the connections" aria-label="Lay out by the connections">
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

// A node that was chosen elsewhere, or was just made, is brought into sight.
function useReveal({ nodes }: Picked, places: ReadonlyMap<string, Place>, place: { current: HTMLDivElement | null }): void {
  const { flowToScreenPosition, setCenter, getZoom } = useReactFlow();
  const only = nodes.length === 1 ? nodes[0] : undefined;
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    const at = only === undefined || only === shown.current ? undefined : places.get(only);
    const box = place.current?.getBoundingClientRect();
    shown.current = only;
    if (!at || !box) return;
    const { x, y } = flowToScreenPosition({ x: at.x + WIDTH / 2, y: at.y + HEIGHT / 2 });
    const inside = x > box.left && x < box.right && y > box.top && y < box.bottom;
    if (!inside) void setCenter(at.x + WIDTH / 2, at.y + HEIGHT / 2, { zoom: getZoom() });
  }, [places, only, place, flowToScreenPosition, setCenter, getZoom]);
}
