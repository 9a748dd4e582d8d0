import { Field, TextField } from "../parts/Field";
import { wrongWith, type Draft, type Parameter } from "./parameters";

interface Props {
  parameters: Parameter[];
  draft: Draft;
  onChange: (draft: Draft) => void;
  refused?: (name: string) => string | null;
}

// A field for each, of its type; what the API refused stands at its field.
export function ParameterFields({ parameters, draft, onChange, refused = () => null }: Props) {
  return parameters.map((one) => {
    const value = draft[one.name] ?? "";
    const set = (text: string): void => onChange({ ...draft, [one.name]: text });
    // A field that nobody wrote in yet is not wrong yet.
    const wrong = (value === "" ? null : wrongWith(one, value)) ?? refused(one.name);
    return <OneField key={one.name} {...{ one, value, set, wrong }} />;
  });
}

const KINDS = { string: "text", integer: "text", number: "text", boolean: "text", date: "date" } as const;

interface OneProps { one: Parameter; value: string; set: (text: string) => void; wrong: string | null }

function OneField({ one, value, set, wrong }: OneProps) {
  if (one.type === "boolean") {
    return (
      <Field label={one.name} hint={one.about} wrong={wrong}>
        {(ids) => (
          <select {...ids} className="input" value={value} onChange={(event) => set(event.target.value)}>
            <option value="true">yes</option>
            <option value="false">no</option>
          </select>
        )}
      </Field>
    );
  }
  const hint = [one.about, one.required ? "required" : "", one.type === "string" ? "" : one.type].filter(Boolean).join(" · ");
  return (
    <TextField
      label={one.name} hint={hint} wrong={wrong} value={value} required={one.required} type={KINDS[one.type]} spellCheck={false} autoComplete="off"
      inputMode={one.type === "integer" ? "numeric" : one.type === "number" ? "decimal" : undefined} onChange={(event) => set(event.target.value)}
    />
  );
}
