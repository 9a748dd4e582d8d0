import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Flow } from "../api/flows";
import type { Run } from "../api/runs";
import { Ago } from "../parts/Ago";
import { Failure } from "../parts/Notice";
import { StateChip } from "../parts/StateChip";
import { CountsBar } from "../runs/CountsBar";
import { RunActions } from "../runs/RunHeader";
import { Took } from "../runs/Took";

// The run whose states stand on the nodes.
export function RunStrip({ run, flow }: { run: Run; flow: Flow }) {
  const [error, setError] = useState<unknown>(null);
  const when = run.started_at ?? run.created_at;
  return (
    <section className="run-strip" aria-label="Run that is shown">
      <div className="row wrap">
        <StateChip state={run.state} />
        <CountsBar counts={run.counts} />
        <span className="num soft"><Took row={run} /></span>
        <span className="soft">{when && <Ago at={when} />}</span>
        {run.flow_version !== flow.version && <span className="tag">of version {run.flow_version}</span>}
        <Link to="/runs/$id" params={{ id: run.id }} className="link">Open the run</Link>
        <span className="grow" />
        <RunActions run={run} onError={setError} small stay />
      </div>
      <Failure error={error} />
    </section>
  );
}
