import { Dialog } from "radix-ui";
import { useState, type FormEvent } from "react";
import { createUser } from "../api/calls";
import { ApiError } from "../api/client";
import type { Account } from "../api/types";
import { Button } from "../parts/Button";
import { Field, TextField } from "../parts/Field";
import { Failure } from "../parts/Notice";
import { useReturnFocus } from "../parts/returnFocus";
import { ROLES } from "./UsersPanel";

export function NewUserDialog({ onClose, onMade }: { onClose: () => void; onMade: (user: Account) => void }) {
  const [error, setError] = useState<unknown>(null);
  const returnFocus = useReturnFocus();
  const ofName = error instanceof ApiError && error.field === "name" ? error.message : null;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    createUser(String(form.get("name")), String(form.get("role"))).then(onMade, setError);
  };
  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog" aria-describedby={undefined} onCloseAutoFocus={returnFocus}>
          <Dialog.Title asChild>
            <h2>New user</h2>
          </Dialog.Title>
          <form className="stack" noValidate onSubmit={submit}>
            <TextField label="Name" name="name" required maxLength={80} autoComplete="off" spellCheck={false} wrong={ofName} />
            <Field label="Role" hint="They come in by a link that works once; it is shown next.">
              {(ids) => (
                <select {...ids} className="input" name="role" defaultValue="editor">
                  {ROLES.map(([value, words]) => (
                    <option key={value} value={value}>
                      {words}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {ofName === null && <Failure error={error} />}
            <div className="ends">
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" kind="primary">
                Create user
              </Button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
