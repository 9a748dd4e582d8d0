// The tables that come into a node: by what name, from where, their columns, and the code that reads them.
import { useQuery } from "@tanstack/react-query";
import { Table2 } from "lucide-react";
import { useState } from "react";
import { flow as askFlow } from "../../api/flows";
import { Ago } from "../../parts/Ago";
import { Button } from "../../parts/Button";
import { Failure } from "../../parts/Notice";
import { ColumnList } from "../../runs/NodeTables";
import { count, counted, size } from "../../words/sizes";
import { outputs as askOutputs } from "./asking";
import { InputRows } from "./InputRows";
import { Empty, Insert } from "./parts";
import { readInput } from "./snippets";
import { inputsOf, type Input, type Output } from "./tables";
import { useCellsEnded } from "./useCellsEnded";
import { useRunsEnded } from "./useRunsEnded";

interface Props { kernel: string | null; flow: string | null; node: string | null; onInsert: (code: string) => void }

export function InputsPanel({ kernel, flow, node, onInsert }: Props) {
  if (flow === null || node === null) return <NoNode onInsert={onInsert} />;
  return <Inputs key={`${flow} ${node}`} {...{ kernel, flow, node, onInsert }} />;
}

const READS = [
  ["A shared file", 'df = pl.scan_parquet(flowfile.get_shared_location("data.parquet"))'],
  ["An object of the catalog", 'model = flowfile.get_global("model")'],
] as const;

function NoNode({ onInsert }: { onInsert: (code: string) => void }) {
  return (
    <>
      <Empty>Tables come into the nodes of a flow. These cells belong to none; they read files and the catalog:</Empty>
      <ul className="inputs" aria-label="What cells can read">
        {READS.map(([what, code]) => (
          <li key={what} className="row">
            <span className="grow">{what}</span>
            <Insert code={code} what={what.toLowerCase()} onInsert={onInsert} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Inputs({ kernel, flow, node, onInsert }: { kernel: string | null; flow: string; node: string; onInsert: (code: string) => void }) {
  const whole = useQuery({ queryKey: ["flow", flow, "panel"], queryFn: () => askFlow(flow), staleTime: 0 });
  const made = useQuery({ queryKey: ["flow-outputs", flow], queryFn: () => askOutputs(flow), staleTime: 0 });
  useCellsEnded(kernel, made.refetch);
  useRunsEnded(flow, made.refetch);
  const error = whole.error ?? made.error;
  if (error) return <Failure error={error} actions={<Button small onClick={() => (void whole.refetch(), void made.refetch())}>Try again</Button>} />;
  if (!whole.data || !made.data) return <div className="skeleton panel-wait" role="status" aria-busy="true" aria-label="Loading the inputs" />;
  const inputs = inputsOf(whole.data, node, made.data);
  if (inputs.length === 0) return <Empty>Nothing comes in. Connect a node to this one on the flow's canvas; its table stands here then.</Empty>;
  return (
    <ul className="inputs" aria-label="Inputs">
      {inputs.map((input, index) => <OneInput key={index} {...{ flow, input, onInsert }} />)}
    </ul>
  );
}

function OneInput({ flow, input, onInsert }: { flow: string; input: Input; onInsert: (code: string) => void }) {
  const { name, fromName, output, table } = input;
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div className="row">
        <strong className="mono cut" title={name}>{name}</strong>
        <span className="grow" />
        {table && <Button small kind="quiet" icon={Table2} aria-label={`First rows of ${name}`} onClick={() => setOpen(true)}>Look</Button>}
        <Insert code={readInput(name)} what={name} onInsert={onInsert} />
      </div>
      <p className="soft">From {fromName}{output === "main" ? "" : `, output ${output}`}</p>
      {table ? <About table={table} /> : <p className="faint">It has not run yet, so there is no table. Run the flow, or that node&apos;s cells.</p>}
      {open && table && <InputRows flow={flow} table={table} title={name} onClose={() => setOpen(false)} />}
    </li>
  );
}

function About({ table }: { table: Output }) {
  return (
    <>
      <p className="faint num">
        {table.rows === null ? "" : `${counted(table.rows, "row")} × `}{count(table.columns.length)} columns, {size(table.size)}
        {table.created_at && <>, <Ago at={table.created_at} /></>}
      </p>
      {table.damaged && <p className="tone-red">Its file is damaged: run that node again.</p>}
      <ColumnList columns={table.columns} />
    </>
  );
}
