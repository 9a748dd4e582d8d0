import { useQuery } from "@tanstack/react-query";
import { Link2, Plus } from "lucide-react";
import { useState } from "react";
import { changeUser, newLink, users } from "../api/calls";
import { sentence } from "../api/client";
import type { Account } from "../api/types";
import { queryClient, useMe } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { trimmed } from "../words/sizes";
import { LinkOnce, type Made } from "./LinkOnce";
import { NewUserDialog } from "./NewUserDialog";

const query = { queryKey: ["users"], queryFn: users };
const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: query.queryKey });
export const ROLES: [string, string][] = [
  ["viewer", "viewer: sees what is shared"],
  ["editor", "editor: has kernels"],
  ["admin", "admin: may do everything"],
];

export function UsersPanel() {
  useTitle("Users");
  const { data, error } = useQuery({ ...query, staleTime: 0 });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const attempt = async (what: () => Promise<unknown>): Promise<void> => {
    setFailure(null);
    await what().catch((told: unknown) => setFailure(sentence(told)));
    await refresh();
  };
  const link = (user: Account): void =>
    void attempt(async () => setMade({ name: user.name, ...(await newLink(user.id)) }));
  return (
    <section className="stack">
      <div className="row spread">
        <h1>Users</h1>
        <Button kind="primary" icon={Plus} onClick={() => setMaking(true)}>
          New user
        </Button>
      </div>
      <Failure error={error ?? failure} />
      {made && <LinkOnce made={made} onDone={() => setMade(null)} />}
      <UserTable users={data?.items ?? []} onLink={link} onChange={(user, change) => attempt(() => changeUser(user.id, change))} />
      {making && <NewUserDialog onClose={() => setMaking(false)} onMade={(user) => (setMaking(false), link(user))} />}
    </section>
  );
}

type Change = { role?: string; disabled?: boolean };
interface TableProps {
  users: Account[];
  onLink: (user: Account) => void;
  onChange: (user: Account, change: Change) => Promise<void>;
}

function UserTable({ users: rows, onLink, onChange }: TableProps) {
  const me = useMe();
  const [asking, setAsking] = useState<{ user: Account; change: Change } | null>(null);
  return (
    <div className="scroll-x">
      <table className="table users">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Made</th>
            <th scope="col">Kernels</th>
            <th scope="col">Memory</th>
            <th scope="col">
              <span className="hidden-text">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((user) => (
            <UserRow
              key={user.id} user={user} own={user.id === me.id} onLink={() => onLink(user)}
              onChange={(change) => (change.disabled === false ? void onChange(user, change) : setAsking({ user, change }))}
            />
          ))}
        </tbody>
      </table>
      {asking && (
        <Confirm
          open onClose={() => setAsking(null)} title={question(asking.user, asking.change)}
          verb={asking.change.disabled ? "Disable" : "Change role"}
          onConfirm={() => (setAsking(null), void onChange(asking.user, asking.change))}
        >
          {asking.change.disabled
            ? "Their sessions, streams and tokens stop within 5 s. Their kernels go on running and stay; the account can be opened again."
            : "Their sessions end, and they log in again. Their kernels and what is shared with them stay."}
        </Confirm>
      )}
    </div>
  );
}

function question(user: Account, change: Change): string {
  return change.disabled ? `Disable ${user.name}?` : `Make ${user.name} ${change.role === "viewer" ? "a" : "an"} ${change.role ?? ""}?`;
}

function used(count: number, limit: number | null): string {
  return limit === null ? trimmed(count, 2) : `${trimmed(count, 2)} of ${trimmed(limit, 2)}`;
}

interface RowProps { user: Account; own: boolean; onLink: () => void; onChange: (change: Change) => void }

function UserRow({ user, own, onLink, onChange }: RowProps) {
  return (
    <tr>
      <td>
        {user.name} {own && <span className="tag">you</span>} {user.disabled && <span className="tag amber">disabled</span>}
      </td>
      <td>
        {own ? (
          user.role
        ) : (
          <select
            className="input small" aria-label={`Role of ${user.name}`} value={user.role}
            onChange={(event) => onChange({ role: event.target.value })}
          >
            {ROLES.map(([value]) => (
              <option key={value}>{value}</option>
            ))}
          </select>
        )}
      </td>
      <td className="soft">{user.created_at && <Ago at={user.created_at} />}</td>
      <td className="soft">{used(user.quota.kernels, user.quota.kernels_limit)}</td>
      <td className="soft">{used(user.quota.memory_gb, user.quota.memory_gb_limit)} GB</td>
      <td className="ends">
        {!user.disabled && (
          <Button small icon={Link2} aria-label={`Login link for ${user.name}`} onClick={onLink}>
            Login link
          </Button>
        )}
        {!own && (
          <Button
            small {...(!user.disabled && { kind: "danger" as const })} aria-label={`${user.disabled ? "Open" : "Disable"} ${user.name}`}
            onClick={() => onChange({ disabled: !user.disabled })}
          >
            {user.disabled ? "Open" : "Disable"}
          </Button>
        )}
      </td>
    </tr>
  );
}
