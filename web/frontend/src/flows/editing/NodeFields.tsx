import { Copy, Trash2, X } from "lucide-react";
import { useMemo } from "react";
import type { Connection, FlowNode } from "../../api/flows";
import { IconButton } from "../../parts/Button";
import { Field, TextField } from "../../parts/Field";
import { Notice } from "../../parts/Notice";
import { Done } from "../FlowNodePanel";
import { fitted, TYPES, wireIds } from "../graph/model";
import { changeConnection, changeNode, joinable } from "./changes";
import { RunFields } from "./fields/RunFields";
import { KernelChoice, useDefaultName } from "./KernelChoice";
import { NONE } from "./picked";
import { SettingsFields } from "./SettingsFields";
import type { SideProps } from "./Side";
import { useLacks, useWrong } from "./wrong";

export interface NodeProps extends SideProps { node: FlowNode }

// All that may be said of a node.
export function NodeFields(props: NodeProps) {
  const { draft, node, set, run, onDuplicate, onRemove, onPick } = props;
  const wrong = useWrong(node.id);
  const lacks = useLacks(node.id);
  return (
    <div className="stack node-panel">
      <header className="row">
        <div className="grow">
          <h2 className="cut" title={node.name}>{node.name || node.id}</h2>
          <p className="faint">{TYPES[node.type] ?? node.type} · <span className="mono">{node.id}</span></p>
        </div>
        <IconButton small icon={Copy} label="Duplicate this node" onClick={onDuplicate} />
        <IconButton small icon={Trash2} label="Delete this node" onClick={onRemove} />
        <IconButton small icon={X} label="Back to the flow" onClick={() => onPick(NONE)} />
      </header>
      {wrong("position") && <Notice tone="red">{wrong("position")}</Notice>}
      {lacks.length > 0 && <Notice tone="amber">{lacks.join(" ")} It can be saved so, and not run.</Notice>}
      <TextField
        label="Name" value={node.name} maxLength={200} wrong={wrong("name")}
        onChange={(event) => set(changeNode(draft, node.id, { name: event.target.value }), `name ${node.id}`)}
      />
      <KernelChoice
        label="Kernel" none={useDefaultName(draft.default_kernel)} value={node.kernel} wrong={wrong("kernel")}
        onSet={(kernel) => set(changeNode(draft, node.id, { kernel }))}
      />
      <Joins {...props} />
      <SettingsFields {...props} />
      <RunFields {...props} />
      {run && run.nodes.some((one) => one.node_id === node.id) && (
        <section>
          <h3>Latest run</h3>
          <Done run={run} node={node} />
        </section>
      )}
    </div>
  );
}

function Joins(props: NodeProps) {
  const { draft, node, set, onJoin, onPick } = props;
  const ids = wireIds(draft.connections);
  const ends = (at: "from" | "to"): [Connection, string][] =>
    draft.connections.flatMap((one, index): [Connection, string][] => (one[at] === node.id ? [[one, ids[index] ?? ""]] : []));
  const { above, below } = useMemo(() => joinable(draft, node.id), [draft, node.id]);
  if (draft.nodes.length === 1) return null;
  return (
    <fieldset className="options joins-list">
      <legend>Connections</legend>
      {ends("to").map(([one, id]) => <OneInput key={id} {...{ one, id, draft, set }} />)}
      <Choose label="Connect from" nodes={above} onChoose={(from) => onJoin(from, node.id)} />
      {ends("from").map(([one, id]) => {
        const to = draft.nodes.find((other) => other.id === one.to)?.name ?? one.to;
        return (
          <div className="row input-row" key={id}>
            <button type="button" className="link grow cut" title={to} onClick={() => onPick({ nodes: [], wires: [id] })}>→ {to}</button>
            <IconButton small icon={X} label={`Disconnect ${to}`} onClick={() => set(changeConnection(draft, one, null))} />
          </div>
        );
      })}
      <Choose label="Connect to" nodes={below} onChoose={(to) => onJoin(node.id, to)} />
    </fieldset>
  );
}

function Choose({ label, nodes, onChoose }: { label: string; nodes: FlowNode[]; onChoose: (id: string) => void }) {
  if (nodes.length === 0) return null;
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} className="input" value="" onChange={(event) => event.target.value && onChoose(event.target.value)}>
          <option value="">choose a node</option>
          {nodes.map((other) => <option key={other.id} value={other.id}>{other.name || other.id}</option>)}
        </select>
      )}
    </Field>
  );
}

function OneInput({ one, id, draft, set }: { one: Connection; id: string } & Pick<NodeProps, "draft" | "set">) {
  const from = draft.nodes.find((other) => other.id === one.from)?.name || one.from;
  const wrong = useWrong(id)("input");
  return (
    <div className="stack tight">
      <div className="row input-row">
        <span className="grow cut" title={from}>{from}</span>
        <input
          className="input mono" aria-label={`Name of the input from ${from}`} placeholder={fitted(from)} value={one.input ?? ""} maxLength={200} spellCheck={false}
          {...(wrong !== null && { "aria-invalid": true })}
          onChange={(event) => set(changeConnection(draft, one, { input: event.target.value || null }), `input ${id}`)}
        />
        <IconButton small icon={X} label={`Disconnect ${from}`} onClick={() => set(changeConnection(draft, one, null))} />
      </div>
      {wrong !== null && <p className="wrong-line" role="alert">{wrong}</p>}
    </div>
  );
}
