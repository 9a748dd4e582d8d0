import { useState } from "react";
import { sentence } from "../../api/client";
import { Button } from "../../parts/Button";
import { StateChip } from "../../parts/StateChip";
import { ordinal } from "../../words/sizes";
import type { Run } from "../runs/run";

export function Queued({ run, onCancel }: { run: Run; onCancel: () => Promise<void> }) {
  const [error, setError] = useState<string | null>(null);
  const cancel = (): void => void onCancel().catch((failure: unknown) => setError(sentence(failure)));
  return (
    <p className="row wrap">
      <StateChip state="queued" word={run.position > 0 ? `${ordinal(run.position)} in the queue` : "Queued"} />
      <Button small kind="quiet" onClick={cancel}>
        Take out
      </Button>
      {error && (
        <span className="tone-red" role="alert">
          {error}
        </span>
      )}
    </p>
  );
}
