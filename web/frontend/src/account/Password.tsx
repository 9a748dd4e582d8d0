import { useState, type FormEvent } from "react";
import { changePassword } from "../api/calls";
import { ApiError } from "../api/client";
import type { Person } from "../api/types";
import { meQuery, queryClient } from "../app/queries";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Failure, Notice } from "../parts/Notice";

export function Password({ user }: { user: Person }) {
  const { busy, error, done, submit } = useChange(user);
  const told = (field: string): string | null => (error instanceof ApiError && error.field === field ? error.message : null);
  const elsewhere = error !== null && told("old_password") === null && told("password") === null;
  return (
    <section aria-labelledby="password-title">
      <h2 id="password-title">{user.has_password ? "Change password" : "Set a password"}</h2>
      <p className="soft">
        {user.has_password
          ? "All other sessions of yours end with it; tokens stay."
          : "You came by a one-time link. With a password you can come back without one."}
      </p>
      <form className="stack narrow-form" onSubmit={submit}>
        <input type="text" name="username" autoComplete="username" value={user.name} readOnly hidden />
        {user.has_password && (
          <TextField
            label="Old password" name="old" type="password" autoComplete="current-password" wrong={told("old_password")}
          />
        )}
        <TextField
          label="New password" name="new" type="password" autoComplete="new-password" required
          wrong={told("password")} hint="Long is better than complicated: four unrelated words do well."
        />
        {elsewhere && <Failure error={error} />}
        {done && <Notice tone="slate">The password is changed.</Notice>}
        <div>
          <Button type="submit" busy={busy}>
            {user.has_password ? "Change password" : "Set password"}
          </Button>
        </div>
      </form>
    </section>
  );
}

function useChange(user: Person) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const old = String(form.get("old") ?? "");
    setBusy(true);
    setError(null);
    setDone(false);
    try {
      await changePassword(user.id, old === "" ? undefined : old, String(form.get("new")));
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      element.reset();
      setDone(true);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, done, submit: (event: FormEvent<HTMLFormElement>) => void submit(event) };
}
