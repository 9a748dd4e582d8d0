import { Trash2, X } from "lucide-react";
import type { Connection, FlowDocument, FlowNode } from "../../api/flows";
import { IconButton } from "../../parts/Button";
import { Field, TextField } from "../../parts/Field";
import { TYPES } from "../graph/model";
import { cannotConnect, changeConnection, changeNode } from "./changes";
import type { Change } from "./FlowEditor";
import { KernelChoice } from "./KernelChoice";
import { SettingsFields } from "./SettingsFields";

interface Props {
  draft: FlowDocument;
  node: FlowNode;
  set: Change;
  onJoin: (from: string, to: string) => void;
  onRemove: () => void;
  onClose: () => void;
}

export function NodeFields({ draft, node, set, onJoin, onRemove, onClose }: Props) {
  return (
    <div className="stack node-panel">
      <header className="row">
        <div className="grow">
          <h2 className="cut" title={node.name}>{node.name || node.id}</h2>
          <p className="faint">{TYPES[node.type] ?? node.type} · <span className="mono">{node.id}</span></p>
        </div>
        <IconButton small icon={Trash2} label="Delete this node" onClick={onRemove} />
        <IconButton small icon={X} label="Back to the flow" onClick={onClose} />
      </header>
      <TextField label="Name" value={node.name} maxLength={200} onChange={(event) => set(changeNode(draft, node.id, { name: event.target.value }), `name ${node.id}`)} />
      <KernelChoice label="Kernel" none="the flow's default" value={node.kernel} onSet={(kernel) => set(changeNode(draft, node.id, { kernel }))} />
      {node.type !== "input" && <Inputs {...{ draft, node, set, onJoin }} />}
      <SettingsFields {...{ draft, node, set }} />
    </div>
  );
}

function Inputs({ draft, node, set, onJoin }: Pick<Props, "draft" | "node" | "set" | "onJoin">) {
  const name = (id: string): string => draft.nodes.find((one) => one.id === id)?.name || id;
  const mine = draft.connections.filter((one) => one.to === node.id);
  const others = draft.nodes.filter((one) => cannotConnect(draft, one.id, node.id) === null);
  return (
    <fieldset className="options">
      <legend>Inputs</legend>
      {mine.map((one, index) => (
        <OneInput key={index} one={one} from={name(one.from)} onSet={(part) => set(changeConnection(draft, one, part), part ? `input ${node.id} ${index}` : undefined)} />
      ))}
      {others.length > 0 && (
        <Field label="Connect from">
          {(ids) => (
            <select {...ids} className="input" value="" onChange={(event) => event.target.value && onJoin(event.target.value, node.id)}>
              <option value="">choose a node</option>
              {others.map((other) => (
                <option key={other.id} value={other.id}>{other.name || other.id}</option>
              ))}
            </select>
          )}
        </Field>
      )}
    </fieldset>
  );
}

function OneInput({ one, from, onSet }: { one: Connection; from: string; onSet: (part: Partial<Connection> | null) => void }) {
  return (
    <div className="row input-row">
      <span className="grow cut" title={from}>{from}</span>
      <input
        className="input mono" aria-label={`Name of the input from ${from}`} placeholder="its name" value={one.input ?? ""} maxLength={64} spellCheck={false}
        onChange={(event) => onSet({ input: event.target.value || null })}
      />
      <IconButton small icon={X} label={`Disconnect ${from}`} onClick={() => onSet(null)} />
    </div>
  );
}
