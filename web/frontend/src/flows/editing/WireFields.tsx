import { Trash2, X } from "lucide-react";
import type { Connection, FlowNode } from "../../api/flows";
import { Button, IconButton } from "../../parts/Button";
import { Field, TextField } from "../../parts/Field";
import { fitted, wireIds } from "../graph/model";
import { changeConnection } from "./changes";
import { NONE } from "./picked";
import type { SideProps } from "./Side";
import { useWrong } from "./wrong";

// A wire that is chosen: what its reader calls the table, and which output it is.
export function WireFields(props: SideProps & { id: string }) {
  const { draft, id } = props;
  const one = draft.connections[wireIds(draft.connections).indexOf(id)];
  const node = (which: string | undefined): FlowNode | undefined => draft.nodes.find((other) => other.id === which);
  const [from, to] = [node(one?.from), node(one?.to)];
  return one && from && to ? <Fields {...props} {...{ one, from, to }} /> : null;
}

interface FieldsProps extends SideProps { id: string; one: Connection; from: FlowNode; to: FlowNode }

function Fields({ draft, set, id, one, from, to, onRemove, onPick }: FieldsProps) {
  const wrong = useWrong(id);
  const usual = fitted(from.name);
  const choose = (node: FlowNode) => (
    <Button kind="quiet" onClick={() => onPick({ nodes: [node.id], wires: [] })}>{node.name}</Button>
  );
  return (
    <div className="stack node-panel">
      <header className="row">
        <div className="grow">
          <h2>Wire</h2>
          <p className="faint cut">{from.name} → {to.name}</p>
        </div>
        <IconButton small icon={X} label="Back to the flow" onClick={() => onPick(NONE)} />
      </header>
      <TextField
        label="Name of the input" hint={`What ${to.name} calls this table; empty: ${usual}.`} wrong={wrong("input")} className="mono" value={one.input ?? ""}
        placeholder={usual} maxLength={200} spellCheck={false} onChange={(event) => set(changeConnection(draft, one, { input: event.target.value || null }), `input ${id}`)}
      />
      <Output {...{ draft, set, one, from, onPick }} wrong={wrong("output")} />
      <div className="row wrap">
        <Button kind="danger" icon={Trash2} onClick={onRemove}>Disconnect</Button>
        {choose(from)}
        {choose(to)}
      </div>
    </div>
  );
}

function Output({ draft, set, one, from, wrong, onPick }: Pick<FieldsProps, "draft" | "set" | "one" | "from" | "onPick"> & { wrong: string | null }) {
  const declared = Array.isArray(from.settings["outputs"]) ? (from.settings["outputs"] as string[]) : [];
  const change = (output: string): void => {
    const next = changeConnection(draft, one, { output });
    set(next);
    onPick({ nodes: [], wires: [wireIds(next.connections)[draft.connections.indexOf(one)] ?? ""] });
  };
  return (
    <Field label="Output" hint={`Of ${from.name}; main is what it puts out without a name.`} wrong={wrong}>
      {(ids) => (
        <select {...ids} className="input" value={one.output} onChange={(event) => change(event.target.value)}>
          {[...new Set(["main", ...declared, one.output])].map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      )}
    </Field>
  );
}
