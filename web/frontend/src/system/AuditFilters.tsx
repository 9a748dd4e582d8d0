import { useState } from "react";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import { isNarrowed, type AuditSearch } from "./auditSearch";

// What stands before the dot is a group of its own.
const ACTIONS = [
  "kernel", "kernel.create", "kernel.change", "kernel.share", "kernel.start", "kernel.stop", "kernel.restart", "kernel.delete",
  "kernel.lock", "kernel.idle_stop", "kernel.auto_restart", "kernel.gave_up",
  "execution", "execution.submit", "execution.cancel", "namespace.restart", "outputs.clear", "file", "file.restore", "file.write",
  "file.delete", "flow", "flow.create", "flow.save", "flow.delete",
  "notebook", "notebook.create", "notebook.save", "notebook.import", "notebook.clear_outputs", "notebook.delete", "run", "run.start", "run.start_many",
  "run.cancel", "run.resume", "run.rerun", "run.prune", "schedule", "schedule.create", "schedule.change", "schedule.trigger",
  "schedule.delete", "artifact.delete", "catalog", "catalog.promote", "catalog.describe",
  "catalog.prune", "catalog.delete", "token", "token.create", "token.revoke", "user", "user.create", "user.change", "user.link", "session.end",
  "login", "login.failed", "logout",
];

// Who does what nobody asked for; no account has this name.
const ITSELF = "husk";

interface Props { search: AuditSearch; onSet: (part: Partial<AuditSearch>) => void; people: string[] }

export function AuditFilters({ search, onSet, people }: Props) {
  const named = [...new Set([...people, ITSELF, ...(search.actor ? [search.actor] : [])])];
  const done = [...new Set([...ACTIONS, ...(search.action ? [search.action] : [])])];
  return (
    <div className="filters" role="search" aria-label="Narrow the audit">
      <Choice label="Who" value={search.actor} options={named} any="anybody" onSet={(actor) => onSet({ actor })} />
      <Choice label="Did" value={search.action} options={done} any="anything" onSet={(action) => onSet({ action })} />
      <KernelField key={search.kernel ?? ""} value={search.kernel ?? ""} onSet={(kernel) => onSet({ kernel })} />
      <Day label="From" value={search.since} onSet={(since) => onSet({ since })} />
      <Day label="To" value={search.until} onSet={(until) => onSet({ until })} />
      {isNarrowed(search) && (
        <Button
          kind="quiet"
          onClick={() => onSet({ actor: undefined, action: undefined, kernel: undefined, since: undefined, until: undefined })}
        >
          Show all
        </Button>
      )}
    </div>
  );
}

type Set = (value: string | undefined) => void;
interface ChoiceProps { label: string; value: string | undefined; options: string[]; any: string; onSet: Set }

function Choice({ label, value, options, any, onSet }: ChoiceProps) {
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} className="input" value={value ?? ""} onChange={(event) => onSet(event.target.value || undefined)}>
          <option value="">{any}</option>
          {options.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

// Taken when it is left or Enter is pressed: half an id is nobody's.
function KernelField({ value, onSet }: { value: string; onSet: Set }) {
  const [text, setText] = useState(value);
  const take = (): void => (text.trim() === value ? undefined : onSet(text.trim() || undefined));
  return (
    <Field label="Kernel">
      {(ids) => (
        <input
          {...ids} className="input" value={text} placeholder="id or uid" spellCheck={false} autoComplete="off" maxLength={40}
          onChange={(event) => setText(event.target.value)} onBlur={take}
          onKeyDown={(event) => event.key === "Enter" && take()}
        />
      )}
    </Field>
  );
}

function Day({ label, value, onSet }: { label: string; value: string | undefined; onSet: Set }) {
  return (
    <Field label={label}>
      {(ids) => (
        <input {...ids} className="input" type="date" value={value ?? ""} onChange={(event) => onSet(event.target.value || undefined)} />
      )}
    </Field>
  );
}
