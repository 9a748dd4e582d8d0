import { Link } from "@tanstack/react-router";
import type { Run } from "../api/runs";
import { useKernelNames } from "../kernels/names";
import { told } from "../words/facts";
import { moment } from "../words/times";

const OPTIONS: Record<string, string> = {
  cache: "May reuse results", start_kernels: "Starts stopped kernels", max_parallel: "Nodes at a time", timeout_s: "Time limit, s",
  targets: "Only these nodes, and what they need",
};

// With what it was asked for.
export function RunFacts({ run }: { run: Run }) {
  const kernelName = useKernelNames();
  const parameters = Object.entries(run.parameters);
  const options = Object.entries(run.options).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));
  return (
    <div className="stack">
      <section>
        <h2>Parameters</h2>
        {parameters.length === 0 ? <p className="faint">This run has none.</p> : <Facts pairs={parameters} mono />}
      </section>
      <section>
        <h2>Options</h2>
        <Facts pairs={options.map(([name, value]) => [OPTIONS[name] ?? name, value])} />
      </section>
      <section>
        <h2>Record</h2>
        <dl className="facts-two">
          {times(run).map(([name, at]) => (
            <Fact key={name} name={name} value={moment(Date.parse(at))} />
          ))}
          <dt>Flow</dt>
          <dd>
            <Link to="/flows/$id" params={{ id: run.flow_id }} search={{ version: run.flow_version }} className="link">
              {run.flow_name}, version {run.flow_version}
            </Link>
          </dd>
          {run.schedule_id && (
            <>
              <dt>Schedule</dt>
              <dd><Link to="/schedules" search={{ schedule: run.schedule_id }} className="link mono">{run.schedule_id}</Link></dd>
            </>
          )}
          {Object.entries(run.locks ?? {}).map(([kernel, lock]) => (
            <Fact key={kernel} name={`Lock of ${kernelName(kernel)}`} value={lock ? lock.slice(0, 12) : "none"} />
          ))}
        </dl>
      </section>
    </div>
  );
}

function times(run: Run): [string, string][] {
  const all: [string, string | null][] = [
    ["Slot", run.nominal_at], ["Asked for", run.created_at], ["Began", run.started_at], ["Ended", run.finished_at],
  ];
  return all.filter((one): one is [string, string] => one[1] !== null);
}

function Facts({ pairs, mono = false }: { pairs: [string, unknown][]; mono?: boolean }) {
  return (
    <dl className="facts-two">
      {pairs.map(([name, value]) => (
        <Fact key={name} name={name} value={told(value)} mono={mono} />
      ))}
    </dl>
  );
}

function Fact({ name, value, mono = false }: { name: string; value: string; mono?: boolean }) {
  return (
    <>
      <dt className={mono ? "mono" : undefined}>{name}</dt>
      <dd className={mono ? "mono" : undefined}>{value}</dd>
    </>
  );
}
