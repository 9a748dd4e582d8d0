import { Link } from "@tanstack/react-router";
import type { Figures } from "../api/figures";
import { Button } from "../parts/Button";
import { Failure, Notice } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { counted } from "../words/sizes";
import { Charts } from "./Charts";
import { KernelsUse } from "./KernelsUse";
import { Processes } from "./Processes";
import { Queues } from "./Queues";
import { useFigures } from "./useFigures";

export function OverviewPanel() {
  useTitle("System");
  const { data, error, refetch } = useFigures();
  return (
    <section className="stack overview">
      <h1>How Husk does</h1>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton card-size" role="status" aria-busy="true" aria-label="Loading figures" />}
      {data && <Overview figures={data} />}
    </section>
  );
}

function Overview({ figures }: { figures: Figures }) {
  return (
    <>
      <Summary figures={figures} />
      <Letters number={figures.dead_letters} />
      <Charts figures={figures} />
      <Queues queues={figures.queues} inHand={figures.in_hand} />
      <Processes processes={figures.processes} kernels={figures.kernels} />
      <KernelsUse kernels={figures.kernels} />
    </>
  );
}

// The counters of `/metrics`, in words.
function Summary({ figures }: { figures: Figures }) {
  const up = Object.values(figures.kernels_by_state).reduce((all, one) => all + one, 0);
  const { waiting, running } = figures.executions_open;
  const said = [
    `${counted(up, "kernel")} up`,
    `${running} running`,
    `${waiting} waiting`,
    `${counted(figures.kernel_restarts, "restart")} and ${counted(figures.kernel_idle_stops, "stop")} by themselves`,
    counted(figures.event_streams, "open event stream"),
  ];
  return <p className="soft">{said.join(" · ")}</p>;
}

function Letters({ number }: { number: number }) {
  if (number === 0) return null;
  return (
    <Notice
      tone="amber" inline
      actions={
        <Link to="/system/dead-letters" className="link">
          Look at them
        </Link>
      }
    >
      {counted(number, "message")} could not be read by anybody.
    </Notice>
  );
}
