import { Copy, Trash2, X } from "lucide-react";
import type { Flow, FlowDocument } from "../../api/flows";
import type { Run } from "../../api/runs";
import { Button, IconButton } from "../../parts/Button";
import { counted } from "../../words/sizes";
import { FlowFields } from "./FlowFields";
import { NodeFields } from "./NodeFields";
import { NONE, type Picked } from "./picked";
import type { Change } from "./useDraft";
import { WireFields } from "./WireFields";

export interface SideProps {
  flow: Flow;
  draft: FlowDocument;
  set: Change;
  run: Run | undefined;
  dirty: boolean;
  picked: Picked;
  onPick: (picked: Picked) => void;
  onJoin: (from: string, to: string) => void;
  onDuplicate: () => void;
  onRemove: () => void;
  // Saves what is not saved, and opens the node's cells as a notebook.
  onExpand: (node: string) => void;
}

// Beside the canvas: what is chosen, or else the flow.
export function Side(props: SideProps) {
  const { draft, picked, set, onPick } = props;
  const only = picked.nodes.length === 1 && picked.wires.length === 0 ? draft.nodes.find((one) => one.id === picked.nodes[0]) : undefined;
  if (only) return <aside aria-label={`Node ${only.name}`}><NodeFields key={only.id} {...props} node={only} /></aside>;
  if (picked.nodes.length === 0 && picked.wires.length === 1) return <aside aria-label="Wire"><WireFields {...props} id={picked.wires[0] ?? ""} /></aside>;
  if (picked.nodes.length + picked.wires.length > 1) return <aside aria-label="What is chosen"><Many {...props} /></aside>;
  return <aside aria-label="The flow"><FlowFields {...{ draft, set }} onPick={(id) => onPick({ nodes: [id], wires: [] })} /></aside>;
}

function Many({ picked, onDuplicate, onRemove, onPick }: SideProps) {
  const words = [picked.nodes.length > 0 && counted(picked.nodes.length, "node"), picked.wires.length > 0 && counted(picked.wires.length, "wire")];
  return (
    <div className="stack node-panel">
      <header className="row">
        <h2 className="grow">{words.filter(Boolean).join(" and ")}</h2>
        <IconButton small icon={X} label="Back to the flow" onClick={() => onPick(NONE)} />
      </header>
      <p className="soft">Drag one of them to move all, or use the arrow keys.</p>
      <div className="row wrap">
        {picked.nodes.length > 0 && <Button icon={Copy} onClick={onDuplicate}>Duplicate</Button>}
        <Button kind="danger" icon={Trash2} onClick={onRemove}>Delete</Button>
      </div>
    </div>
  );
}
