import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink, X } from "lucide-react";
import { useState } from "react";
import { attempts as askAttempts, type NodeRun, type Run } from "../api/runs";
import { TYPES } from "../flows/graph/model";
import { useKernelNames } from "../kernels/names";
import { Outputs } from "../notebook/outputs/Outputs";
import { IconButton } from "../parts/Button";
import { Failure, Notice } from "../parts/Notice";
import { StateChip } from "../parts/StateChip";
import { count, size } from "../words/sizes";
import { duration } from "../words/times";
import { NodeTables } from "./NodeTables";
import { isTrouble } from "./states";
import { useExecution } from "./useExecution";

interface Props { run: Run; node: NodeRun; onClose: () => void }

// One node of a run: its attempts, and of the one that is shown all that it put out.
export function NodePanel({ run, node, onClose }: Props) {
  const { data, error } = useQuery({
    queryKey: ["attempts", run.id, node.node_id],
    queryFn: () => askAttempts(run.id, node.node_id),
    enabled: node.attempts > 1,
    staleTime: 0,
  });
  const [asked, setAsked] = useState<number | null>(null);
  const shown = data?.attempts.find((one) => one.attempt === asked) ?? node;
  return (
    <div className="stack node-panel">
      <header className="row">
        <div className="grow">
          <h2 className="cut" title={node.name}>{node.name}</h2>
          <p className="faint">{TYPES[node.type] ?? node.type}{node.node_id !== node.name && <> · <span className="mono">{node.node_id}</span></>}</p>
        </div>
        <IconButton small icon={X} label="Back to the run" onClick={onClose} />
      </header>
      <Failure error={error} />
      {node.attempts > 1 && <Attempts count={node.attempts} shown={shown.attempt} onShow={setAsked} />}
      <Facts node={shown} />
      <Why node={shown} />
      {shown.attempt === node.attempt && <NodeTables run={run.id} node={node} />}
      <ExecutionOutput key={shown.execution_id} node={shown} />
    </div>
  );
}

function Attempts({ count: all, shown, onShow }: { count: number; shown: number; onShow: (attempt: number) => void }) {
  return (
    <div className="choices" role="group" aria-label="Attempts">
      {Array.from({ length: all }, (_, index) => index + 1).map((one) => (
        <button key={one} type="button" aria-pressed={one === shown} data-state={one === shown ? "on" : "off"} onClick={() => onShow(one)}>
          Try {one}
        </button>
      ))}
    </div>
  );
}

function Facts({ node }: { node: NodeRun }) {
  const kernelName = useKernelNames();
  const facts: [string, string | null][] = [
    ["In the queue", node.queued_s === null ? null : duration(node.queued_s)],
    ["Ran", node.run_s === null ? null : duration(node.run_s)],
    ["Memory peak", node.memory_peak_bytes === null ? null : size(node.memory_peak_bytes)],
    ["Rows in", node.rows_in === null ? null : count(node.rows_in)],
    ["Rows out", node.rows_out === null ? null : count(node.rows_out)],
  ];
  return (
    <dl className="facts-two">
      <dt>State</dt><dd><StateChip state={node.state} /></dd>
      {node.kernel_id !== null && (
        <>
          <dt>Kernel</dt>
          <dd><Link to="/kernels/$id" params={{ id: node.kernel_id }} className="link">{kernelName(node.kernel_id)}</Link></dd>
        </>
      )}
      {facts.map(([name, value]) => value !== null && (
        <FactRow key={name} name={name} value={value} />
      ))}
      {node.artifacts.length > 0 && (<><dt>Artifacts</dt><dd>{node.artifacts.join(", ")}</dd></>)}
      {node.execution_id !== null && (<><dt>Execution</dt><dd><Task node={node} /></dd></>)}
    </dl>
  );
}

function FactRow({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </>
  );
}

// Admins have Flower, which knows it as a task.
function Task({ node: { execution_id, task_url } }: { node: NodeRun }) {
  if (!task_url) return <span className="mono">{execution_id}</span>;
  return (
    <a className="link mono row" href={task_url}>
      {execution_id} <ExternalLink className="icon" aria-label="in Flower" />
    </a>
  );
}

function Why({ node }: { node: NodeRun }) {
  return (
    <>
      {node.cached_from && (
        <Notice tone="slate">
          Nothing that it depends on changed: its results are those of run{" "}
          <Link to="/runs/$id" params={{ id: node.cached_from.run_id }} search={{ node: node.node_id }} className="link mono">{node.cached_from.run_id}</Link>.
        </Notice>
      )}
      {node.reason && !node.cached_from && <Notice tone={isTrouble(node) ? "amber" : "slate"}>{node.reason}</Notice>}
    </>
  );
}

function ExecutionOutput({ node }: { node: NodeRun }) {
  const open = node.finished_at === null;
  const { output, error } = useExecution(node.execution_id, node.kernel_id, open);
  // Of what was lost or never ran there is no output to ask for.
  if (node.execution_id === null || (error && node.error)) return node.error ? <Told node={node} /> : null;
  if (error) return <Failure error={error} />;
  if (!output) return <div className="skeleton output-wait" role="status" aria-busy="true" aria-label="Loading the output" />;
  const told = output.error === null && node.error !== null;
  return (
    <section className="node-output" aria-label="Output">
      <h3>Output</h3>
      <div className="outputs"><Outputs run={output} version={output.version} /></div>
      {told && <Told node={node} />}
      {output.output.blocks.length === 0 && output.logs.length === 0 && !output.error && <p className="faint">{open ? "Nothing yet." : "It printed nothing."}</p>}
    </section>
  );
}

function Told({ node: { error } }: { node: NodeRun }) {
  return (
    <div className="trouble" role="group" aria-label="Error">
      <p className="first mono"><strong>{error?.type}</strong>{error?.message && `: ${error.message}`}</p>
      {error?.traceback && error.traceback.length > 0 && <pre className="text">{error.traceback.join("\n")}</pre>}
    </div>
  );
}
