import { LoaderCircle } from "lucide-react";
import { useTime } from "../../parts/clock";
import { lookOf, StateChip } from "../../parts/StateChip";
import { ordinal, size } from "../../words/sizes";
import { clock, duration } from "../../words/times";
import type { Run } from "../runs/run";

// Beside the code: its execution count, or what becomes of it.
export function Margin({ run, sending }: { run: Run | undefined; sending: boolean }) {
  if (sending) return <Words main="…" title="On its way" />;
  if (!run) return <Words main="[ ]" title="Not run yet" />;
  if (run.status === "queued") return <Words main={run.position ? ordinal(run.position) : "…"} sub="queued" />;
  if (run.status === "running") return <Turning since={run.startedAt} />;
  const look = lookOf(run.status);
  const Icon = look.icon;
  return (
    <div className="margin" title={facts(run)}>
      <span className="mono num count">[{run.count ?? " "}]</span>
      {run.status !== "succeeded" && <Icon className={`icon tone-${look.tone}`} aria-hidden />}
      {run.wall !== null && <span className="sub num">{duration(run.wall)}</span>}
      {run.memoryPeak !== null && <span className="sub num">{size(run.memoryPeak)}</span>}
    </div>
  );
}

// What stands in the margin, in words.
function facts({ status, count, wall, memoryPeak }: Run): string {
  const parts = [
    lookOf(status).word, count === null ? "" : `execution ${count} of its namespace`, wall === null ? "" : `took ${duration(wall)}`,
    memoryPeak === null ? "" : `the kernel's memory rose to ${size(memoryPeak)} meanwhile`,
  ];
  return parts.filter(Boolean).join(", ");
}

function Words({ main, sub, title }: { main: string; sub?: string; title?: string }) {
  return (
    <div className="margin" title={title}>
      <span className="mono num count">{main}</span>
      {sub && <span className="sub">{sub}</span>}
    </div>
  );
}

function Turning({ since }: { since: number | null }) {
  const said = useTime((now) => (since === null ? "" : clock(now / 1000 - since)));
  return (
    <div className="margin tone-orange chip turns" title="Running">
      <LoaderCircle className="icon" aria-hidden />
      {said !== "" && <span className="sub mono num">{said}</span>}
    </div>
  );
}

const QUIET: ReadonlySet<string> = new Set(["succeeded", "running"]);

// Below the code, for every end that is not plain success.
export function Ending({ run, stale }: { run: Run; stale: boolean }) {
  const tells = run.ended && !QUIET.has(run.status);
  if (!tells && !stale) return null;
  return (
    <p className="row ending wrap">
      {tells && <StateChip state={run.status} />}
      {tells && run.wall !== null && <span className="faint num">after {duration(run.wall)}</span>}
      {run.status === "lost" && <span className="faint">It may have run; how it ended cannot be known.</span>}
      {run.status === "skipped" && <span className="faint">An earlier cell of the same run failed.</span>}
      {stale && <span className="faint">Stale: the variables behind this output are gone.</span>}
    </p>
  );
}
