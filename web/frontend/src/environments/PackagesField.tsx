import { PackageSearch, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { resolve, type LockAnswer, type Wanted } from "../api/environments";
import { ApiError, sentence } from "../api/client";
import type { Kernel } from "../api/types";
import type { Draft } from "../kernels/draft";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import "../styles/environments.css";
import { Found } from "./Found";

const HINT = "With commas between them: scikit-learn==1.4.0, pandas>=2,<3. Their versions are locked when the kernel is made.";
const MOST_BYTES = 1_000_000;

interface Props {
  draft: Draft;
  set: (part: Partial<Draft>) => void;
  wrong: string | null;
  locked: boolean;
  sources: boolean;
  kernel?: Kernel | undefined;
}

// Packages as text, and what they come to, before anything is made of them.
export function PackagesField({ draft, set, wrong, locked, sources, kernel }: Props) {
  const { answer, error, busy, check, upload } = useChecking({ draft, set, kernel });
  const atField = isOfField(error) ? sentence(error) : wrong;
  return (
    <div className="stack packages">
      <Field label="Packages" wrong={atField} hint={HINT}>
        {(ids) => (
          <textarea
            {...ids} className="input mono" rows={2} value={draft.packages} spellCheck={false} disabled={locked}
            onChange={(event) => set({ packages: event.target.value })}
          />
        )}
      </Field>
      <div className="row wrap">
        <Button small icon={PackageSearch} busy={busy} disabled={locked || draft.packages.trim() === ""} onClick={check}>
          Check packages
        </Button>
        <LockUpload disabled={locked || busy} onText={upload} />
      </div>
      {sources && (
        <label className="row check">
          <input
            type="checkbox" checked={draft.allow_sdist} disabled={locked}
            onChange={(event) => set({ allow_sdist: event.target.checked })}
          />
          Build packages of which there is no wheel, in a container of their own
        </label>
      )}
      <div aria-live="polite">
        {draft.lock && answer?.lock?.digest === draft.lock.digest && <Found answer={answer} kernel={kernel} />}
        {error !== null && !isOfField(error) && <Conflict error={error} />}
      </div>
    </div>
  );
}

function useChecking({ draft, set, kernel }: Pick<Props, "draft" | "set" | "kernel">) {
  const [answer, setAnswer] = useState<LockAnswer | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  // What is typed while a check goes on makes its answer one about something else.
  const turn = useRef(0);
  const about = `${draft.packages}\n${draft.flavour}\n${String(draft.allow_sdist)}`;
  const [asked, setAsked] = useState(about);
  const ask = async (body: Wanted): Promise<void> => {
    const mine = (turn.current += 1);
    setBusy(true);
    setError(null);
    setAsked(about);
    try {
      const found = await resolve({ ...body, ...(kernel && { kernel: kernel.uid }) });
      if (mine === turn.current) take(found);
    } catch (failure) {
      if (mine === turn.current) setError(failure);
    } finally {
      if (mine === turn.current) setBusy(false);
    }
  };
  const take = (found: LockAnswer): void => {
    setAnswer(found);
    if (found.lock === null) return;
    const { wishes, flavour, text } = found.lock;
    const packages = wishes.join(", ");
    const allow_sdist = text.includes("\n# source distributions are built\n");
    setAsked(`${packages}\n${flavour}\n${String(allow_sdist)}`);
    set({ packages, flavour, allow_sdist, lock: found.lock });
  };
  const { packages, flavour, allow_sdist } = draft;
  return {
    answer,
    error: asked === about ? error : null,
    busy,
    check: () => void ask({ packages, flavour, ...(allow_sdist && { allow_sdist }) }),
    upload: (lock: string) => void ask({ lock }),
  };
}

function isOfField(error: unknown): error is ApiError {
  return error instanceof ApiError && error.field === "packages" && !isConflict(error);
}

// Words of a conflict have lines that belong together: they do not stand at a field.
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === "resolution_failed";
}

export function Conflict({ error }: { error: unknown }) {
  if (!isConflict(error)) return <p className="tone-red" role="alert">{sentence(error)}</p>;
  return (
    <div role="alert" className="stack conflict">
      <strong className="tone-red">These packages do not go together, or are not there.</strong>
      <pre className="log mono" tabIndex={0}>
        {error instanceof Error && error.message}
      </pre>
    </div>
  );
}

function LockUpload({ disabled, onText }: { disabled: boolean; onText: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string | null>(null);
  const read = async (file: File): Promise<void> => {
    setError(file.size > MOST_BYTES ? `${file.name} is too large to be a lock.` : null);
    if (file.size <= MOST_BYTES) onText(await file.text());
  };
  return (
    <>
      <Button small kind="quiet" icon={Upload} disabled={disabled} onClick={() => input.current?.click()}>
        From a lock file…
      </Button>
      <input
        ref={input} type="file" accept=".txt,text/plain" hidden aria-label="Lock file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = "";
          if (file) void read(file).catch(() => setError(`${file.name} cannot be read.`));
        }}
      />
      {error && <span className="tone-red" role="alert">{error}</span>}
    </>
  );
}
