import { useState } from "react";
import type { FlowDocument } from "../../api/flows";
import { Field, TextField } from "../../parts/Field";
import type { Change } from "./FlowEditor";
import { KernelChoice } from "./KernelChoice";

// What is the whole flow's: name, default kernel, parameters.
export function FlowFields({ draft, set }: { draft: FlowDocument; set: Change }) {
  return (
    <div className="stack">
      <h2>The flow</h2>
      <TextField label="Name" value={draft.name} maxLength={200} onChange={(event) => set({ ...draft, name: event.target.value }, "name")} />
      <KernelChoice label="Default kernel" none="none" value={draft.default_kernel} onSet={(default_kernel) => set({ ...draft, default_kernel })} />
      <Parameters draft={draft} set={set} />
      <p className="faint">Choose a node to change it; drag from its right side to another's left to connect them.</p>
    </div>
  );
}

// As JSON: what is written is taken once it is an object.
function Parameters({ draft, set }: { draft: FlowDocument; set: Change }) {
  const [text, setText] = useState(() => JSON.stringify(draft.parameters, null, 2));
  const read = objectIn(text);
  return (
    <Field
      label="Parameters" hint={'As JSON: {"year": {"type": "integer", "default": 2013}}'} wrong={read === null ? "This is no JSON object yet." : null}
    >
      {(ids) => (
        <textarea
          {...ids} className="input mono" rows={Math.min(14, text.split("\n").length + 1)} value={text} spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            const parameters = objectIn(event.target.value);
            if (parameters !== null) set({ ...draft, parameters }, "parameters");
          }}
        />
      )}
    </Field>
  );
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
