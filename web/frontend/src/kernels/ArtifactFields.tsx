import { Field } from "../parts/Field";
import type { Recovery } from "./draft";
import type { Props } from "./PolicyFields";

const RECOVERY: [Recovery, string][] = [
  ["lazy", "when they are read"],
  ["eager", "all, before it is ready"],
  ["clear", "none: they are removed"],
];

// What becomes of what this kernel published for its flows.
export function ArtifactFields({ draft, set, told, locked }: Props) {
  return (
    <>
      <label className="row check">
        <input
          type="checkbox" checked={draft.persistence} disabled={locked}
          onChange={(event) => set({ persistence: event.target.checked })}
        />
        Keep the artifacts that it published when it stops
      </label>
      {draft.persistence && (
        <Field
          label="Artifacts loaded at a start" wrong={told("recovery_mode")}
          hint="The catalog and shared files are kept whatever is chosen here."
        >
          {(ids) => (
            <select
              {...ids} className="input" disabled={locked} value={draft.recovery_mode}
              onChange={(event) => set({ recovery_mode: event.target.value as Recovery })}
            >
              {RECOVERY.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </>
  );
}
