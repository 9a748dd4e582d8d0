import { X } from "lucide-react";
import { IconButton } from "../../../parts/Button";
import { Field, TextField } from "../../../parts/Field";
import type { ParameterType } from "../../parameters";
import { defaultIn, isRequired, retyped, type Said } from "../parameterChanges";
import { useText } from "../useText";
import { without } from "../without";
import { useWrong } from "../wrong";

const TYPES: ParameterType[] = ["string", "integer", "number", "boolean", "date"];

interface Props { name: string; said: Said; onRename: (name: string) => void; onSet: (said: Said, key?: string) => void; onRemove: () => void }

// One parameter: its name, its type, and what it is where a run does not say it.
export function ParameterRow({ name, said, onRename, onSet, onRemove }: Props) {
  const wrong = useWrong("");
  const wrongDefault = wrong(`parameters.${name}.default`);
  const wrongName = wrongDefault === null ? wrong(`parameters.${name}`) : null;
  return (
    <div className="parameter">
      <div className="row parameter-head">
        <input
          className="input mono" aria-label="Name of the parameter" value={name} maxLength={64} spellCheck={false} {...(wrongName !== null && { "aria-invalid": true })}
          onChange={(event) => onRename(event.target.value)}
        />
        <select className="input" aria-label={`Type of ${name}`} value={said.type} onChange={(event) => onSet(retyped(said, event.target.value as ParameterType))}>
          {TYPES.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
        <IconButton small icon={X} label={`Remove the parameter ${name}`} onClick={onRemove} />
      </div>
      {wrongName !== null && <p className="wrong-line" role="alert">{wrongName}</p>}
      <label className="row check">
        <input
          type="checkbox" checked={isRequired(said)}
          onChange={(event) => onSet(event.target.checked ? without(said, "default") : { ...said, default: STARTS[said.type] })}
        />
        Each run has to say it
      </label>
      {!isRequired(said) && <Default key={said.type} {...{ name, said, wrong: wrongDefault }} onSet={(value) => onSet({ ...said, default: value }, "default")} />}
      <TextField
        label="Description" value={said.description ?? ""} maxLength={10_000} aria-label={`Description of ${name}`}
        onChange={(event) => onSet(event.target.value === "" ? without(said, "description") : { ...said, description: event.target.value }, "about")}
      />
    </div>
  );
}

const STARTS: Record<ParameterType, unknown> = { string: "", integer: 0, number: 0, boolean: false, date: new Date().toISOString().slice(0, 10) };

function Default({ name, said, wrong, onSet }: { name: string; said: Said; wrong: string | null; onSet: (value: unknown) => void }) {
  const { text, put } = useText(said.default, (given) => defaultIn(given, said.type), String, onSet);
  if (said.type === "boolean") {
    return (
      <Field label="Default" wrong={wrong}>
        {(ids) => (
          <select {...ids} className="input" aria-label={`Default of ${name}`} value={String(said.default)} onChange={(event) => onSet(event.target.value === "true")}>
            <option value="true">yes</option>
            <option value="false">no</option>
          </select>
        )}
      </Field>
    );
  }
  return (
    <TextField
      label="Default" wrong={wrong} aria-label={`Default of ${name}`} value={text} type={said.type === "date" ? "date" : "text"} spellCheck={false} autoComplete="off"
      onChange={(event) => put(event.target.value)}
    />
  );
}
