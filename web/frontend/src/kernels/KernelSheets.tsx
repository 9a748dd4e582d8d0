import { useState } from "react";
import { changeKernel, createKernel } from "../api/calls";
import { ApiError } from "../api/client";
import { kernelLock } from "../api/environments";
import type { Kernel } from "../api/types";
import { queryClient } from "../app/queries";
import { Conflict, isConflict } from "../environments/PackagesField";
import { Button } from "../parts/Button";
import { Failure, Notice } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { draftOf, inWords, readEnv, toChange, toCreate, wrongId, type Draft } from "./draft";
import { KernelFields } from "./KernelFields";
import { isUp } from "./states";
import { put, tell } from "./useKernels";

const SHOWN_AT_FIELDS: ReadonlySet<string | null> = new Set(["id", "name", "env", "idle_timeout_s", "network", "flavour", "packages"]);

function useSaving(save: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    await save().catch(setError);
    setBusy(false);
  };
  return { busy, error, submit: () => void submit() };
}

export function CreateSheet({ start, title, onClose }: { start: Draft; title: string; onClose: () => void }) {
  const [draft, setDraft] = useState(start);
  const { busy, error, submit } = useSaving(async () => {
    const kernel = await createKernel(toCreate(await withLock(draft)));
    put(queryClient, kernel.uid, kernel);
    await tell(kernel, "start");
    onClose();
  });
  const ready = wrongId(draft.id) === null && typeof readEnv(draft.env) === "object";
  return (
    <Sheet open onClose={onClose} title={title} about="A kernel is a Python of its own, with limits and a queue.">
      <Form onSubmit={submit}>
        <div className="content">
          <KernelFields draft={draft} onChange={setDraft} error={asApiError(error)} newOne />
        </div>
        <footer>
          <Elsewhere error={error} />
          <p className="soft">{inWords(draft)}</p>
          <Button type="submit" kind="primary" busy={busy} disabled={!ready}>
            Create and start
          </Button>
        </footer>
      </Form>
    </Sheet>
  );
}

// A clone has its packages in the very versions of the one that it is like.
async function withLock(draft: Draft): Promise<Draft> {
  if (draft.lock !== null || draft.like === null) return draft;
  return { ...draft, lock: (await kernelLock(draft.like)).lock };
}

export function EditSheet({ kernel, onClose }: { kernel: Kernel; onClose: () => void }) {
  const [draft, setDraft] = useState(() => draftOf(kernel));
  const change = toChange(draft, kernel);
  const { busy, error, submit } = useSaving(async () => {
    put(queryClient, kernel.uid, await changeKernel(kernel.uid, change));
    onClose();
  });
  const locked = isUp(kernel.state) || kernel.state === "stopping";
  const ready = Object.keys(change).length > 0 && typeof readEnv(draft.env) === "object";
  return (
    <Sheet open onClose={onClose} title={`Edit ${kernel.name}`} about="Limits count from the next start on.">
      <Form onSubmit={submit}>
        <div className="content">
          {locked && (
            <Notice tone="blue" actions={<Button small onClick={() => void tell(kernel, "stop")}>Stop kernel</Button>}>
              Only the name can be changed while the kernel runs. Stopping it loses the variables of its cells and keeps
              its queue and files.
            </Notice>
          )}
          <KernelFields
            draft={draft} onChange={setDraft} error={asApiError(error)} limitsLocked={locked} newOne={false}
            kernel={kernel}
          />
        </div>
        <footer>
          <Elsewhere error={error} />
          <Button type="submit" kind="primary" busy={busy} disabled={!ready}>
            Save
          </Button>
        </footer>
      </Form>
    </Sheet>
  );
}

function Form({ onSubmit, children }: { onSubmit: () => void; children: React.ReactNode }) {
  return (
    <form
      className="sheet-form" noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

function Elsewhere({ error }: { error: unknown }) {
  if (!(error instanceof ApiError)) return <Failure error={error} />;
  if (isConflict(error)) return <Conflict error={error} />;
  return SHOWN_AT_FIELDS.has(error.field) ? null : <Failure error={error} />;
}

function asApiError(error: unknown): ApiError | null {
  return error instanceof ApiError ? error : null;
}
