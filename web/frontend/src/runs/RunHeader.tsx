import { Link, useNavigate } from "@tanstack/react-router";
import { CircleStop, Columns2, Play, RotateCw } from "lucide-react";
import { useState } from "react";
import { cancelRun, rerunRun, resumeRun, type Run, type RunRow } from "../api/runs";
import { useRole } from "../app/queries";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure, Notice } from "../parts/Notice";
import { StateChip } from "../parts/StateChip";
import { ChooseRun } from "./compare/ChooseRun";
import { Took } from "./Took";
import { take } from "./liveRuns";
import { countsInWords, isOpen, isResumable, triggerWord } from "./states";

export function RunHeader({ run }: { run: Run }) {
  const [error, setError] = useState<unknown>(null);
  const [comparing, setComparing] = useState(false);
  return (
    <header className="run-head">
      <div className="page-head">
        <h1 className="cut">
          <Link to="/flows/$id" params={{ id: run.flow_id }} className="entry-name">{run.flow_name}</Link>
        </h1>
        <span className="mono faint">{run.id}</span>
        <StateChip state={run.state} />
        <span className="grow" />
        <Button icon={Columns2} onClick={() => setComparing(true)}>Compare</Button>
        <RunActions run={run} onError={setError} />
      </div>
      <p className="soft facts-line">
        <span>{countsInWords(run.counts)}</span>
        <span>version {run.flow_version}</span>
        <span>{triggerWord(run.trigger)}</span>
        <span className="num"><Took row={run} /></span>
        {run.created_at && <span>asked for <Ago at={run.created_at} /></span>}
        {run.resumed_from && (
          <span>
            goes on from <Link to="/runs/$id" params={{ id: run.resumed_from }} className="link mono">{run.resumed_from}</Link>{" "}
            (<Link to="/runs/$id/compare/$other" params={{ id: run.resumed_from, other: run.id }} className="link">compare</Link>)
          </span>
        )}
      </p>
      <Failure error={error} />
      {comparing && <ChooseRun run={run} onClose={() => setComparing(false)} />}
      {run.error && <Notice tone="red"><strong>{run.error.type}</strong>{run.error.message && `: ${run.error.message}`}</Notice>}
    </header>
  );
}

interface ActionProps { run: RunRow; onError: (error: unknown) => void; small?: boolean; stay?: boolean }

// What can be done about a run. A new run is shown, unless its maker is to stay.
export function RunActions({ run, onError, small = false, stay = false }: ActionProps) {
  const changes = useRole() !== "viewer";
  const navigate = useNavigate();
  const [busy, setBusy] = useState<string | null>(null);
  if (!changes) return null;
  const act = async (what: string, call: (id: string) => Promise<RunRow>, follow: boolean): Promise<void> => {
    setBusy(what);
    onError(null);
    try {
      const row = await call(run.id);
      take(queryClient, row.id, row);
      if (follow && !stay) await navigate({ to: "/runs/$id", params: { id: row.id } });
    } catch (failure) {
      onError(failure);
    } finally {
      setBusy(null);
    }
  };
  const button = { small, disabled: busy !== null };
  if (isOpen(run.state) && run.cancel_requested_at !== null) return <StateChip state="stopping" word="Cancelling" />;
  if (isOpen(run.state)) {
    return (
      <Button {...button} icon={CircleStop} kind="danger" busy={busy === "cancel"} onClick={() => void act("cancel", cancelRun, false)}>
        Cancel run
      </Button>
    );
  }
  return (
    <span className="row wrap">
      {isResumable(run) && (
        <Button {...button} icon={Play} kind="primary" busy={busy === "resume"} onClick={() => void act("resume", resumeRun, true)}>
          Resume from failed
        </Button>
      )}
      <Button {...button} icon={RotateCw} busy={busy === "rerun"} onClick={() => void act("rerun", rerunRun, true)}>
        Run again
      </Button>
    </span>
  );
}
