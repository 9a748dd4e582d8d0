import { Dialog } from "radix-ui";
import { useState, type FormEvent } from "react";
import { createToken } from "../api/calls";
import type { NewToken } from "../api/types";
import { Button } from "../parts/Button";
import { Field, TextField } from "../parts/Field";
import { Failure } from "../parts/Notice";
import { useReturnFocus } from "../parts/returnFocus";

const DAY_S = 86_400;
const LIVES: [string, number | null][] = [["90 days", 90 * DAY_S], ["30 days", 30 * DAY_S], ["1 year", 365 * DAY_S], ["never", null]];

export function NewTokenDialog({ onClose, onMade }: { onClose: () => void; onMade: (token: NewToken) => void }) {
  const [error, setError] = useState<unknown>(null);
  const returnFocus = useReturnFocus();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    createToken(readForm(new FormData(event.currentTarget))).then(onMade, setError);
  };
  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog" aria-describedby={undefined} onCloseAutoFocus={returnFocus}>
          <Dialog.Title asChild>
            <h2>New token</h2>
          </Dialog.Title>
          <form className="stack" onSubmit={submit}>
            <TextField label="What it is for" name="name" required maxLength={200} autoComplete="off" placeholder="nightly job" />
            <Field label="It may">
              {(ids) => (
                <select {...ids} className="input" name="scope" defaultValue="write">
                  <option value="write">read and change</option>
                  <option value="read">read only</option>
                </select>
              )}
            </Field>
            <Field label="It expires after">
              {(ids) => (
                <select {...ids} className="input" name="life">
                  {LIVES.map(([words], index) => (
                    <option key={words} value={index}>
                      {words}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Failure error={error} />
            <div className="ends">
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" kind="primary">
                Create token
              </Button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function readForm(form: FormData): object {
  const life = LIVES[Number(form.get("life"))]?.[1] ?? null;
  return { name: form.get("name"), scope: form.get("scope"), ...(life !== null && { expires_in_s: life }) };
}
