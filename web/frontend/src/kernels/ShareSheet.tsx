import { useQuery } from "@tanstack/react-query";
import { UserPlus, X } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { setShares, shares } from "../api/calls";
import { ApiError } from "../api/client";
import type { Kernel, Share } from "../api/types";
import { queryClient } from "../app/queries";
import { Button, IconButton } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import "../styles/share.css";

const ROLES: [Share["role"], string][] = [["viewer", "sees it"], ["editor", "runs cells"]];

export function ShareSheet({ kernel, onClose }: { kernel: Kernel; onClose: () => void }) {
  const { people, error, busy, save, askAgain } = useShares(kernel.uid);
  return (
    <Sheet
      open onClose={onClose} title={`Share ${kernel.name}`}
      about="With people who have an account here. A change counts within seconds, also on pages that are open."
    >
      <div className="content">
        {/* The whole list is sent: who is not known to have it would be taken off by it. */}
        {people && <Add busy={busy} error={error} onAdd={(person) => save([...people, person])} />}
        {!isOfName(error) && <Failure error={error} actions={askAgain && <Button small onClick={askAgain}>Try again</Button>} />}
        <ul className="people" aria-label="Who has it">
          <li className="row">
            <span className="grow cut">{kernel.owner}</span>
            <span className="soft">owner</span>
          </li>
          {people?.map((person) => (
            <Person
              key={person.user} {...{ person, busy }}
              onRole={(role) => void save(people.map((one) => (one === person ? { ...one, role } : one)))}
              onRemove={() => void save(people.filter((one) => one !== person))}
            />
          ))}
        </ul>
        {people?.length === 0 && <p className="faint">Nobody else has it.</p>}
        <WhatRolesMay owner={kernel.owner} />
      </div>
    </Sheet>
  );
}

function useShares(uid: string) {
  const key = ["shares", uid];
  // Not kept when the sheet is closed: another owner's page may have changed it when it is opened again.
  const { data, error: missing, refetch } = useQuery({ queryKey: key, queryFn: () => shares(uid), staleTime: 0, gcTime: 0 });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async (people: Share[]): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      queryClient.setQueryData(key, await setShares(uid, people));
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const askAgain = missing && !data ? () => void refetch() : null;
  return { people: data?.shares, error: error ?? missing, busy, save, askAgain };
}

function isOfName(error: unknown): error is ApiError {
  return error instanceof ApiError && /^shares\[\d+\]\.user$/.test(error.field ?? "");
}

interface AddProps { busy: boolean; error: unknown; onAdd: (person: Share) => Promise<boolean> }

function Add({ busy, error, onAdd }: AddProps) {
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Share["role"]>("viewer");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await onAdd({ user: user.trim(), role })) setUser("");
  };
  return (
    <form className="add-person" noValidate onSubmit={(event) => void submit(event)}>
      <TextField
        label="Name of the person" value={user} onChange={(event) => setUser(event.target.value)} autoComplete="off"
        spellCheck={false} maxLength={80} wrong={isOfName(error) ? error.message : null} hint="As they log in."
      />
      <RoleSelect label="May" role={role} onRole={setRole} disabled={false} />
      <Button type="submit" kind="primary" icon={UserPlus} busy={busy} disabled={user.trim() === ""}>
        Share
      </Button>
    </form>
  );
}

interface PersonProps { person: Share; busy: boolean; onRole: (role: Share["role"]) => void; onRemove: () => void }

function Person({ person, busy, onRole, onRemove }: PersonProps) {
  return (
    <li className="row">
      <span className="grow cut">{person.user}</span>
      <RoleSelect label={`What ${person.user} may`} hidden role={person.role} onRole={onRole} disabled={busy} />
      <IconButton small icon={X} label={`Do not share with ${person.user}`} disabled={busy} onClick={onRemove} />
    </li>
  );
}

interface RoleProps {
  label: string;
  hidden?: boolean;
  role: Share["role"];
  onRole: (role: Share["role"]) => void;
  disabled: boolean;
}

function RoleSelect({ label, hidden, role, onRole, disabled }: RoleProps) {
  const id = useId();
  return (
    <div className="field role">
      <label htmlFor={id} className={hidden ? "hidden-text" : ""}>
        {label}
      </label>
      <select
        id={id} className="input" value={role} disabled={disabled}
        onChange={(event) => onRole(event.target.value as Share["role"])}
      >
        {ROLES.map(([value, words]) => (
          <option key={value} value={value}>
            {value}: {words}
          </option>
        ))}
      </select>
    </div>
  );
}

function WhatRolesMay({ owner }: { owner: string }) {
  return (
    <dl className="roles soft">
      <dt>viewer</dt>
      <dd>sees its state, its cells and all that they put out, as it happens. Can change nothing.</dd>
      <dt>editor</dt>
      <dd>runs and cancels cells, restarts, starts and stops it, clears outputs. Code of editors runs with the
        environment variables that {owner} gave it.</dd>
      <dt>owner</dt>
      <dd>{owner}, and admins: also edit, share and delete it.</dd>
    </dl>
  );
}
