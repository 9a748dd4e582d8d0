import { Field, TextField } from "../parts/Field";
import { CATCH_UPS, OVERLAPS, type Draft } from "./draft";

interface Props { draft: Draft; set: (part: Partial<Draft>) => void }

export function Policies({ draft, set }: Props) {
  return (
    <details className="policies">
      <summary>Overlap, missed fires, retries, time limit</summary>
      <div className="stack">
        <Choice label="While a run of it is still going" value={draft.overlap} options={OVERLAPS} onSet={(overlap) => set({ overlap })} />
        <Choice label="Fires missed while Husk was down" value={draft.catch_up} options={CATCH_UPS} onSet={(catch_up) => set({ catch_up })} />
        {draft.catch_up === "all" && (
          <TextField label="At most" inputMode="numeric" className="narrow" value={draft.catch_up_limit} onChange={(event) => set({ catch_up_limit: event.target.value })} />
        )}
        <div className="row three">
          <TextField label="Retries" inputMode="numeric" value={draft.retries} onChange={(event) => set({ retries: event.target.value })} />
          <TextField label="Seconds between" inputMode="decimal" value={draft.retry_delay_s} onChange={(event) => set({ retry_delay_s: event.target.value })} />
          <TextField label="Time limit, s" placeholder="none" inputMode="decimal" value={draft.timeout_s} onChange={(event) => set({ timeout_s: event.target.value })} />
        </div>
      </div>
    </details>
  );
}

interface ChoiceProps<T extends string> { label: string; value: T; options: [T, string][]; onSet: (value: T) => void }

function Choice<T extends string>({ label, value, options, onSet }: ChoiceProps<T>) {
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} className="input" value={value} onChange={(event) => onSet(event.target.value as T)}>
          {options.map(([one, words]) => (
            <option key={one} value={one}>{words}</option>
          ))}
        </select>
      )}
    </Field>
  );
}
