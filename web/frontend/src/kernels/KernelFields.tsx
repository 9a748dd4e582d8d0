import type { ApiError } from "../api/client";
import { TextField, Field } from "../parts/Field";
import { SliderField } from "../parts/SliderField";
import { offerOf, useRuntime } from "../app/runtime";
import type { Kernel } from "../api/types";
import { isConflict, PackagesField } from "../environments/PackagesField";
import { ArtifactFields } from "./ArtifactFields";
import { ContainerFields, PolicyFields } from "./PolicyFields";
import { CORES, MEMORY, readEnv, wrongId, type Draft } from "./draft";

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  error: ApiError | null;
  limitsLocked?: boolean;
  newOne: boolean;
  kernel?: Kernel;
}

export function KernelFields({ draft, onChange, error, limitsLocked = false, newOne, kernel }: Props) {
  // A lock is of the packages that were looked at, and of nothing else.
  const set = (part: Partial<Draft>): void => onChange({ ...draft, ...(isOther(part) && { lock: null, like: null }), ...part });
  const told = (field: string): string | null => (error?.field === field && !isConflict(error) ? error.message : null);
  const env = readEnv(draft.env);
  const { data: facts } = useRuntime();
  const offer = offerOf(facts);
  return (
    <>
      {newOne && (
        <TextField
          label="Id" value={draft.id} spellCheck={false} autoComplete="off" required maxLength={40}
          onChange={(event) => set({ id: event.target.value })}
          wrong={told("id") ?? wrongId(draft.id)} hint="For URLs and the command line; it stays as it is."
        />
      )}
      <TextField
        label="Name" value={draft.name} placeholder={draft.id} maxLength={200} autoComplete="off"
        onChange={(event) => set({ name: event.target.value })} wrong={told("name")} hint="For people. May be changed."
      />
      <SliderField
        label="Memory" unit="GB" value={draft.memory_gb} {...MEMORY} disabled={limitsLocked}
        onChange={(memory_gb) => set({ memory_gb })}
        hint="0.5 to 64. A cell that needs more is ended, and says so."
      />
      <SliderField
        label="CPU cores" unit="CPU" value={draft.cpu_cores} {...CORES} disabled={limitsLocked}
        onChange={(cpu_cores) => set({ cpu_cores })} hint="0.5 to 32."
      />
      {newOne && <ContainerFields {...{ draft, set, told, offer }} />}
      <PackagesField
        {...{ draft, set, kernel }} wrong={told("packages")} locked={limitsLocked}
        sources={kernel ? kernel.isolated : offer.container}
      />
      <PolicyFields {...{ draft, set, told }} locked={limitsLocked} />
      <ArtifactFields {...{ draft, set, told }} locked={limitsLocked} />
      <Field
        label="Environment variables" wrong={told("env") ?? (typeof env === "string" ? env : null)}
        hint={envHint(kernel?.env ?? [])}
      >
        {(ids) => (
          <textarea
            {...ids} className="input mono" rows={3} value={draft.env} placeholder="API_URL=https://example.org"
            spellCheck={false} disabled={limitsLocked} onChange={(event) => set({ env: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}

function isOther(part: Partial<Draft>): boolean {
  return "packages" in part || "flavour" in part || "allow_sdist" in part;
}

function envHint(names: string[]): string {
  const there = names.length > 0 ? ` There are ${names.join(", ")}; what you write replaces all of them.` : "";
  return `NAME=value, one a line. Values are kept encrypted and never shown again.${there}`;
}
