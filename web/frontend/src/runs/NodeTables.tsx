import { useQuery } from "@tanstack/react-query";
import { Table2 } from "lucide-react";
import { useMemo, useState } from "react";
import { outputContent, outputPreview, type NodeOutput, type NodeRun } from "../api/runs";
import { readPreview } from "../catalog/previews";
import { Grid } from "../grid/Grid";
import { readTable } from "../grid/table";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { count, counted, size } from "../words/sizes";

// The tables that a node put out, each with its columns and first rows.
export function NodeTables({ run, node }: { run: string; node: NodeRun }) {
  const [shown, setShown] = useState<NodeOutput | null>(null);
  if (node.outputs.length === 0) return null;
  return (
    <section aria-label="Outputs">
      <h3>Outputs</h3>
      <ul className="tables">
        {node.outputs.map((output) => (
          <li key={output.name}>
            <div className="row">
              <strong className="mono cut" title={output.name}>{output.name}</strong>
              <span className="faint num grow">{about(output)}</span>
              <Button small icon={Table2} onClick={() => setShown(output)} aria-label={`First rows of ${output.name}`}>Look</Button>
            </div>
            <ColumnList columns={output.columns} />
          </li>
        ))}
      </ul>
      {shown && (
        <Sheet open wide onClose={() => setShown(null)} title={`${node.name}: ${shown.name}`} about={about(shown)}>
          <div className="content"><FirstRows run={run} node={node.node_id} name={shown.name} /></div>
        </Sheet>
      )}
    </section>
  );
}

function about({ rows, columns, size: bytes }: NodeOutput): string {
  const shape = rows === null ? counted(columns.length, "column") : `${count(rows)} × ${columns.length}`;
  return `${shape}, ${size(bytes)}`;
}

const MOST = 24;

export function ColumnList({ columns }: { columns: { name: string; type: string }[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? columns : columns.slice(0, MOST);
  return (
    <p className="column-list">
      {shown.map(({ name, type }, index) => (
        <span key={index}>
          <span className="mono">{name}</span> <span className="faint">{type}</span>
        </span>
      ))}
      {shown.length < columns.length && (
        <button type="button" className="link" onClick={() => setAll(true)}>{columns.length - shown.length} more</button>
      )}
    </p>
  );
}

export function FirstRows({ run, node, name }: { run: string; node: string; name: string }) {
  const { data, error } = useQuery({
    queryKey: ["output-preview", run, node, name],
    queryFn: () => outputPreview(run, node, name),
  });
  const table = useMemo(() => {
    const preview = readPreview(data?.preview);
    return preview?.kind === "frame" ? preview.head : readTable(data?.preview);
  }, [data]);
  if (error) return <Failure error={error} />;
  if (!data) return <div className="skeleton output-wait" role="status" aria-busy="true" aria-label="Loading the first rows" />;
  if (table === null) {
    return (
      <p className="faint">
        Its kernel made no preview. <a className="link" href={outputContent(run, node, name)} download>Download the Parquet file</a>
      </p>
    );
  }
  return <Grid table={table} title={`First rows of ${name}`} />;
}
