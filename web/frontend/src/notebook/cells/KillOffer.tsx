import { useState } from "react";
import { sentence } from "../../api/client";
import { Button } from "../../parts/Button";
import { useTime } from "../../parts/clock";
import { Notice } from "../../parts/Notice";
import type { Run } from "../runs/run";

// A call in C may not look for signals for long.
const OFFER_AFTER_MS = 5000;

export function KillOffer({ run, onKill }: { run: Run; onKill: () => Promise<void> }) {
  if (run.status !== "running" || run.cancelAskedAt === null) return null;
  return <Waiting since={run.cancelAskedAt} onKill={onKill} />;
}

function Waiting({ since, onKill }: { since: number; onKill: () => Promise<void> }) {
  const soon = useTime((now) => (now - since < OFFER_AFTER_MS ? "soon" : "now")) === "soon";
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const kill = (): void => {
    setBusy(true);
    onKill().catch((failure: unknown) => (setError(sentence(failure)), setBusy(false)));
  };
  if (soon) return <p className="faint">Interrupting…</p>;
  return (
    <Notice
      tone="amber"
      actions={<Button small kind="danger" busy={busy} onClick={kill}>Kill</Button>}
    >
      It has not stopped yet: it may be in a long call that cannot be interrupted. Waiting costs nothing. Kill ends the
      kernel's Python: the variables of all its cells are lost; outputs and shared files stay, and the queue goes on.
      {error && <p>{error}</p>}
    </Notice>
  );
}
