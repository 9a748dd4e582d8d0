// What the cells' namespace holds. It is asked for after each cell; while a kernel cannot say, what it said last stays.
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { variables as ask, type Variable } from "../../api/help";
import { ApiError } from "../../api/client";
import type { Kernel } from "../../api/types";
import { Ago } from "../../parts/Ago";
import { IconButton } from "../../parts/Button";
import { Failure } from "../../parts/Notice";
import { count, counted, size } from "../../words/sizes";
import { noteVariables } from "../help/snapshot";
import { listed, ORDERS, type Order } from "./listing";
import { Empty } from "./parts";
import { useCellsEnded } from "./useCellsEnded";

interface Props { kernel: Kernel | null; flow: string | null; onInsert: (code: string) => void }

const ANSWERS: ReadonlySet<string> = new Set(["ready", "executing", "unresponsive"]);

export function VariablesPanel({ kernel, flow, onInsert }: Props) {
  if (kernel === null) return <Empty>Variables live on a kernel. Choose one above the cells, and run a cell.</Empty>;
  if (!ANSWERS.has(kernel.state)) {
    return <Empty>The kernel is {kernel.state}: there are no variables. They come back with the cells that made them.</Empty>;
  }
  return <Listed key={`${kernel.uid} ${flow ?? ""}`} kernel={kernel.uid} {...{ flow, onInsert }} />;
}

function Listed({ kernel, flow, onInsert }: { kernel: string; flow: string | null; onInsert: (code: string) => void }) {
  const { data, error, dataUpdatedAt, isFetching, refetch } = useQuery({
    queryKey: ["variables", kernel, flow], queryFn: () => ask(kernel, flow), staleTime: 0, retry: false,
  });
  useCellsEnded(kernel, refetch);
  useEffect(() => {
    if (data) noteVariables({ kernel, flow }, data.variables);
  }, [data, kernel, flow]);
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState<Order>("name");
  if (!data) return error ? <Failure error={error} /> : <div className="skeleton panel-wait" role="status" aria-busy="true" aria-label="Loading the variables" />;
  const found = listed(data.variables, search, order);
  return (
    <>
      <div className="row panel-tools">
        <input className="input grow" type="search" placeholder="Find a variable" aria-label="Find a variable" value={search} onChange={(event) => setSearch(event.target.value)} />
        <select className="input order" aria-label="Order" value={order} onChange={(event) => setOrder(event.target.value as Order)}>
          {ORDERS.map((one) => <option key={one} value={one}>by {one}</option>)}
        </select>
        <IconButton small icon={RefreshCw} label="Ask the kernel again" busy={isFetching && error !== null} onClick={() => void refetch()} />
      </div>
      {error && <p className="stale-note" role="status">{why(error)} This is what there was <Ago at={new Date(dataUpdatedAt).toISOString()} />.</p>}
      {data.total === 0 && <Empty>No variables yet. What a cell assigns stands here once it has run.</Empty>}
      {data.total > 0 && found.length === 0 && <p className="faint">No variable is like this.</p>}
      <Rows rows={found} onInsert={onInsert} />
      {data.total > data.variables.length && (
        <p className="faint">The first {count(data.variables.length)} of {counted(data.total, "variable")}.</p>
      )}
    </>
  );
}

function why(error: unknown): string {
  return error instanceof ApiError && error.status === 0 ? "Husk cannot be reached." : "The kernel is busy with its cell and does not answer.";
}

const AT_FIRST = 200;

function Rows({ rows, onInsert }: { rows: Variable[]; onInsert: (code: string) => void }) {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, AT_FIRST);
  return (
    <>
      <ul className="variables" aria-label="Variables">
        {shown.map((one) => (
          <li key={one.name}>
            <div className="row">
              <button type="button" className="link mono cut" title={`Insert ${one.name} into a cell`} onClick={() => onInsert(one.name)}>{one.name}</button>
              <span className="faint cut grow" title={one.type}>{one.type}</span>
              {one.size !== null && <span className="faint num" title={`${count(one.size)} bytes`}>{size(one.size)}</span>}
            </div>
            <code className="repr" title={one.repr}>{one.repr}</code>
          </li>
        ))}
      </ul>
      {shown.length < rows.length && (
        <button type="button" className="link" onClick={() => setAll(true)}>Show {count(rows.length - shown.length)} more</button>
      )}
    </>
  );
}
