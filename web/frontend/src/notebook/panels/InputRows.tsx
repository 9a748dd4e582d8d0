import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { readPreview } from "../../catalog/previews";
import { Grid } from "../../grid/Grid";
import { readTable } from "../../grid/table";
import { Failure } from "../../parts/Notice";
import { Sheet } from "../../parts/Sheet";
import { count, counted } from "../../words/sizes";
import { outputPreview } from "./asking";
import type { Output } from "./tables";

interface Props { flow: string; table: Output; title: string; onClose: () => void }

// The first rows of a table that comes in.
export function InputRows({ flow, table, title, onClose }: Props) {
  const about = table.rows === null ? counted(table.columns.length, "column") : `${count(table.rows)} × ${table.columns.length}`;
  return (
    <Sheet open wide onClose={onClose} title={title} about={`${about}, from ${table.node_name || table.node_id}`}>
      <div className="content"><Rows {...{ flow, table }} /></div>
    </Sheet>
  );
}

function Rows({ flow, table }: Pick<Props, "flow" | "table">) {
  const { data, error } = useQuery({
    queryKey: ["flow-output-preview", flow, table.node_id, table.name, table.sha256],
    queryFn: () => outputPreview(flow, table.node_id, table.name),
  });
  const rows = useMemo(() => {
    const preview = readPreview(data?.preview);
    return preview?.kind === "frame" ? preview.head : readTable(data?.preview);
  }, [data]);
  if (error) return <Failure error={error} />;
  if (!data) return <div className="skeleton output-wait" role="status" aria-busy="true" aria-label="Loading the first rows" />;
  return rows === null ? <p className="faint">Its kernel made no preview.</p> : <Grid table={rows} title={`First rows of ${table.name}`} />;
}
