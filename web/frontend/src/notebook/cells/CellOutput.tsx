import { useMemo } from "react";
import type { Notebook } from "../notebook";
import { Outputs } from "../outputs/Outputs";
import { keptRun } from "../runs/kept";
import type { Run } from "../runs/run";
import { KillOffer } from "./KillOffer";
import { Ending } from "./Margin";
import { Queued } from "./Queued";
import type { KeptOutput } from "./sheet";

interface Props { notebook: Notebook; run: Run; version: number; stale: boolean }

// The run is the same object all the time; `version` says that there is more in it.
export function CellOutput({ notebook, run, version, stale }: Props) {
  return (
    <div className="outputs" aria-live={run.ended ? "off" : "polite"} aria-busy={!run.ended}>
      {run.status === "queued" && <Queued run={run} onCancel={() => notebook.cancel(run.id)} />}
      <Outputs run={run} version={version} />
      <Ending run={run} stale={stale} />
      <KillOffer run={run} onKill={() => notebook.cancel(run.id, true)} />
    </div>
  );
}

// What an imported file had, until the cell runs here.
export function KeptOutputs({ cell, outputs }: { cell: string; outputs: readonly KeptOutput[] }) {
  const run = useMemo(() => keptRun(cell, outputs), [cell, outputs]);
  return (
    <div className="outputs">
      <Outputs run={run} version={0} />
      <p className="faint">From the imported file.</p>
    </div>
  );
}
