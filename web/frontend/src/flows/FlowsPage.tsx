import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import type { FlowSummary } from "../api/flows";
import type { RunRow } from "../api/runs";
import { queryClient, useRole } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { StateChip } from "../parts/StateChip";
import { useTitle } from "../parts/useTitle";
import { CountsBar } from "../runs/CountsBar";
import { flowsQuery } from "../runs/RunFilters";
import { schedulesQuery } from "../schedules/useSchedules";
import { In } from "../schedules/In";
import "../styles/runs.css";
import { useLastRuns } from "./lastRuns";
import { importFile } from "./importing";

const SEARCH_FROM = 7;

export function FlowsPage() {
  useTitle("Flows");
  const { data, error, refetch } = useQuery(flowsQuery);
  const [search, setSearch] = useState("");
  const [trouble, setTrouble] = useState<unknown>(null);
  const makes = useRole() !== "viewer";
  const flows = data?.items ?? [];
  const wanted = search.trim().toLowerCase();
  const shown = flows.filter((one) => `${one.name} ${one.id}`.toLowerCase().includes(wanted));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Flows</h1>
        <span className="grow" />
        {flows.length >= SEARCH_FROM && (
          <input
            className="input find" type="search" placeholder="Find by name or id" aria-label="Find by name or id"
            value={search} onChange={(event) => setSearch(event.target.value)}
          />
        )}
        {makes && <ImportButton onError={setTrouble} />}
      </div>
      <Failure error={trouble} />
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading flows" />}
      {data && flows.length === 0 && <Empty makes={makes} />}
      {flows.length > 0 && shown.length === 0 && <p className="faint">No flow has this name or id.</p>}
      {shown.length > 0 && <Listing flows={shown} />}
    </div>
  );
}

function ImportButton({ onError }: { onError: (error: unknown) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setBusy(true);
    onError(null);
    try {
      const made = await importFile(file);
      await queryClient.invalidateQueries({ queryKey: ["flows"] });
      await navigate({ to: "/flows/$id", params: { id: made.id } });
    } catch (error) {
      onError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <input
        ref={input} type="file" hidden accept=".json,.yaml,.yml" aria-label="File of a flow"
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Button kind="primary" icon={Upload} busy={busy} onClick={() => input.current?.click()}>Import a flow</Button>
    </>
  );
}

function Listing({ flows }: { flows: FlowSummary[] }) {
  const last = useLastRuns();
  const schedules = useQuery(schedulesQuery);
  const next = new Map<string, string>();
  for (const { flow_id, next_at } of schedules.data?.items ?? []) {
    const before = next.get(flow_id);
    if (next_at !== null && (before === undefined || next_at < before)) next.set(flow_id, next_at);
  }
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Flows">
      <table className="table flow-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Last run</th>
            <th scope="col">Nodes</th>
            <th scope="col">When</th>
            <th scope="col">Next run</th>
            <th scope="col">Saved</th>
          </tr>
        </thead>
        <tbody>
          {flows.map((flow) => (
            <Row key={flow.id} flow={flow} last={last.get(flow.id)} next={next.get(flow.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ flow, last, next }: { flow: FlowSummary; last: RunRow | undefined; next: string | undefined }) {
  const when = last?.started_at ?? last?.created_at;
  return (
    <tr>
      <td className="name">
        <Link to="/flows/$id" params={{ id: flow.id }} className="entry-name"><strong>{flow.name}</strong></Link>{" "}
        <span className="faint num">version {flow.version}</span>
      </td>
      <td>
        {last ? (
          <Link to="/runs/$id" params={{ id: last.id }} aria-label={`Last run of ${flow.name}`}><StateChip state={last.state} /></Link>
        ) : (
          <span className="faint">never run</span>
        )}
      </td>
      <td>{last && <CountsBar counts={last.counts} />}</td>
      <td className="soft">{when && <Ago at={when} />}</td>
      <td className="soft">{next ? <Link to="/schedules" search={{ flow: flow.id }} className="entry-name"><In at={next} /></Link> : <span className="faint">by hand</span>}</td>
      <td className="soft">{flow.updated_at && <Ago at={flow.updated_at} />}</td>
    </tr>
  );
}

function Empty({ makes }: { makes: boolean }) {
  return (
    <div className="empty">
      <h2>No flow yet</h2>
      <p className="prose">
        A flow is a graph of steps, each on a kernel of its choice; tables go from one to the next. It is built once and runs
        by a press, from a terminal or by a schedule. {makes ? "Import one from a file:" : "Your account only reads."}
      </p>
      <pre className="example" tabIndex={0}>
        {'{"name": "hello", "default_kernel": "flights", "nodes": [\n  {"id": "load", "type": "python_script",\n   "settings": {"code": "flowfile.publish_output(pl.DataFrame({\'n\': range(3)}))"}}]}'}
      </pre>
      <p className="soft">The same from a terminal; <code>husk up</code> brings an example, too:</p>
      <pre className="example" tabIndex={0}>husk flow import flow.json</pre>
    </div>
  );
}
