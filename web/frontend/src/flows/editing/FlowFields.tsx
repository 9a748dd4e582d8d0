import { Plus } from "lucide-react";
import { useState } from "react";
import type { FlowDocument } from "../../api/flows";
import { Button } from "../../parts/Button";
import { TextField } from "../../parts/Field";
import { count } from "../../words/sizes";
import { TYPES } from "../graph/model";
import { ICONS } from "../graph/NodeCard";
import { ParameterRow } from "./fields/ParameterRow";
import { KernelChoice } from "./KernelChoice";
import { entriesOf, fresh, put, remove, rename } from "./parameterChanges";
import type { Change } from "./useDraft";
import { useWrong } from "./wrong";

interface Props { draft: FlowDocument; set: Change; onPick: (node: string) => void }

// What is the whole flow's: name, default kernel, parameters; and all nodes as a list, for the keyboard.
export function FlowFields({ draft, set, onPick }: Props) {
  const wrong = useWrong("");
  return (
    <div className="stack node-panel">
      <h2>The flow</h2>
      <TextField label="Name" value={draft.name} maxLength={200} wrong={wrong("name")} onChange={(event) => set({ ...draft, name: event.target.value }, "name")} />
      <KernelChoice label="Default kernel" none="none" value={draft.default_kernel} wrong={wrong("default_kernel")} onSet={(default_kernel) => set({ ...draft, default_kernel })} />
      <Parameters {...{ draft, set }} />
      <Nodes {...{ draft, onPick }} />
      <p className="faint">
        Drag from the right side of a node to the left of another to join them; Shift and drag chooses several. Arrow keys move what is
        chosen, Delete removes it.
      </p>
    </div>
  );
}

function Parameters({ draft, set }: Pick<Props, "draft" | "set">) {
  const change = (parameters: Record<string, unknown>, key?: string): void => set({ ...draft, parameters }, key);
  const { parameters } = draft;
  return (
    <fieldset className="options">
      <legend>Parameters</legend>
      {entriesOf(parameters).length === 0 && <p className="faint">Values that a run can be given: a year, a path, a threshold. Code reads them as flowfile.parameters.</p>}
      {entriesOf(parameters).map(([name, said], index) => (
        <ParameterRow
          key={index} {...{ name, said }} onRename={(next) => change(rename(parameters, index, next), `parameter ${index}`)}
          onSet={(next, key) => change(put(parameters, name, next), key && `${key} ${index}`)} onRemove={() => change(remove(parameters, name))}
        />
      ))}
      <span><Button small icon={Plus} onClick={() => change(put(parameters, fresh(parameters), { type: "string", default: "" }))}>Add a parameter</Button></span>
    </fieldset>
  );
}

const MOST = 100;

function Nodes({ draft, onPick }: Pick<Props, "draft" | "onPick">) {
  const [find, setFind] = useState("");
  const wanted = find.trim().toLowerCase();
  const found = draft.nodes.filter((one) => `${one.name} ${one.id}`.toLowerCase().includes(wanted));
  if (draft.nodes.length === 0) return null;
  return (
    <section className="stack small-gap">
      <h3>Nodes <span className="faint num">{count(draft.nodes.length)}</span></h3>
      {draft.nodes.length > 8 && <input className="input" type="search" aria-label="Find a node" placeholder="Find a node" value={find} onChange={(event) => setFind(event.target.value)} />}
      <ul className="node-list">
        {found.slice(0, MOST).map((one) => {
          const Icon = ICONS[one.type] ?? Plus;
          return (
            <li key={one.id}>
              <button type="button" onClick={() => onPick(one.id)}>
                <Icon className="icon faint" aria-label={TYPES[one.type] ?? one.type} role="img" /> <span className="cut">{one.name || one.id}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {found.length > MOST && <p className="faint num">{count(found.length - MOST)} more: write a part of the name.</p>}
    </section>
  );
}
