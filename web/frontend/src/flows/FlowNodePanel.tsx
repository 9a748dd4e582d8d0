import { Link } from "@tanstack/react-router";
import { Maximize2, NotebookPen, Pencil, Play, X } from "lucide-react";
import type { Flow, FlowNode } from "../api/flows";
import type { Run } from "../api/runs";
import type { Kernel } from "../api/types";
import { useRole } from "../app/queries";
import { KernelMemory } from "../kernels/KernelMemory";
import { takesCells } from "../kernels/states";
import { LocalArtifacts } from "../notebook/panels/ArtifactsPanel";
import { Button, IconButton } from "../parts/Button";
import { StateChip } from "../parts/StateChip";
import { isTrouble, lineOf } from "../runs/states";
import { NodeTables } from "../runs/NodeTables";
import { count } from "../words/sizes";
import { duration } from "../words/times";
import { CodeView } from "./CodeView";
import { TYPES } from "./graph/model";
import { useKernel } from "./useKernels";
import { readSettings, type Read } from "./settings";

interface Props { flow: Flow; node: FlowNode; run: Run | undefined; onClose: () => void; onRun: () => void; onEdit: (() => void) | null }

// One node: what it is, where it runs, what it does, and what became of it in the run that is shown.
export function FlowNodePanel({ flow, node, run, onClose, onRun, onEdit }: Props) {
  const named = node.kernel ?? flow.default_kernel;
  const kernel = useKernel(named);
  const changes = useRole() !== "viewer";
  const read = readSettings(node);
  return (
    <div className="stack node-panel">
      <header className="row">
        <div className="grow">
          <h2 className="cut" title={node.name}>{node.name}</h2>
          <p className="faint">{TYPES[node.type] ?? node.type}{node.id !== node.name && <> · <span className="mono">{node.id}</span></>}</p>
        </div>
        {changes && <Button small icon={Play} onClick={onRun}>Run to here</Button>}
        {onEdit && <IconButton small icon={Pencil} label="Change this node" onClick={onEdit} />}
        <IconButton small icon={X} label="Back to the flow" onClick={onClose} />
      </header>
      <dl className="facts-two">
        <dt>Kernel</dt>
        <dd><KernelOf kernel={kernel} named={named} own={node.kernel !== null} /></dd>
        {read.facts.map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
        <Ends flow={flow} node={node} />
      </dl>
      <Done run={run} node={node} />
      {read.tables && <Inline table={read.tables} />}
      <Codes read={read} node={node} />
      {node.type === "python_script" && <Script {...{ flow, node, kernel }} mayEdit={onEdit !== null} />}
    </div>
  );
}

// Where its cells are run, and what they keep.
function Script({ flow, node, kernel, mayEdit }: { flow: Flow; node: FlowNode; kernel: Kernel | undefined; mayEdit: boolean }) {
  return (
    <>
      {mayEdit && (
        <Link to="/flows/$id/nodes/$node" params={{ id: flow.id, node: node.id }} className="link row">
          <Maximize2 className="icon" aria-hidden /> Expand editor
        </Link>
      )}
      {kernel && (
        <Link to="/kernels/$id" params={{ id: kernel.uid }} search={{ flow: flow.id }} className="link row">
          <NotebookPen className="icon" aria-hidden /> Cells of this flow on {kernel.name}
        </Link>
      )}
      <section className="stack small-gap" aria-label="Artifacts">
        <LocalArtifacts key={node.id} kernel={kernel?.uid ?? null} place={flow.id} node={node.id} />
      </section>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function KernelOf({ kernel, named, own }: { kernel: Kernel | undefined; named: string | null; own: boolean }) {
  if (named === null) return <span className="tone-amber">none: it cannot run</span>;
  if (!kernel) return <span className="mono">{named}</span>;
  return (
    <span className="row wrap">
      <Link to="/kernels/$id" params={{ id: kernel.uid }} className="link">{kernel.name}</Link>
      <StateChip state={kernel.state} />
      <KernelMemory id={kernel.uid} />
      {!own && <span className="faint">the flow's default</span>}
      {!takesCells(kernel) && <span className="faint">start it above</span>}
    </span>
  );
}

function Ends({ flow, node }: { flow: Flow; node: FlowNode }) {
  const name = (id: string): string => flow.nodes.find((one) => one.id === id)?.name ?? id;
  const from = flow.connections.filter((one) => one.to === node.id).map((one) => (one.input ? `${one.input} (${name(one.from)})` : name(one.from)));
  const to = flow.connections.filter((one) => one.from === node.id).map((one) => name(one.to));
  return (
    <>
      {from.length > 0 && <Fact name="Inputs" value={from.join(", ")} />}
      {to.length > 0 && <Fact name="Goes to" value={to.join(", ")} />}
    </>
  );
}

export function Done({ run, node }: { run: Run | undefined; node: FlowNode }) {
  const done = run?.nodes.find((one) => one.node_id === node.id);
  if (!run || !done) return null;
  const line = lineOf(done);
  const facts = [
    done.run_s !== null && done.finished_at !== null ? duration(done.run_s) : "",
    done.rows_out === null ? "" : `${count(done.rows_out)} rows out`,
    done.attempts > 1 ? `try ${done.attempt}` : "",
  ].filter(Boolean);
  return (
    <section className="stack small-gap" aria-label="In the run that is shown">
      <p className="row wrap">
        <StateChip state={done.state} />
        <span className="soft num">{facts.join(" · ")}</span>
        <Link to="/runs/$id" params={{ id: run.id }} search={{ node: node.id }} className="link">Its output and logs</Link>
      </p>
      {line && <p className={isTrouble(done) ? "tone-red" : "soft"}>{line}</p>}
      <NodeTables run={run.id} node={done} />
    </section>
  );
}

const MOST_ROWS = 8;

function Inline({ table: { columns, rows } }: { table: NonNullable<Read["tables"]> }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="The table">
      <table className="table">
        <thead><tr>{columns.map((one, index) => <th key={index} scope="col" className="mono">{one}</th>)}</tr></thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>{row.map((value, at) => <td key={at} className="mono">{value === null ? "" : String(value)}</td>)}</tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && <p className="faint num">{count(rows.length)} rows, the first {MOST_ROWS} shown</p>}
    </div>
  );
}

function Codes({ read, node }: { read: Read; node: FlowNode }) {
  return read.codes.map((one, index) => (
    <CodeView key={one.id} code={one.code} sql={one.sql} label={one.sql ? `Query of ${node.name}` : `Cell ${index + 1} of ${node.name}`} />
  ));
}
