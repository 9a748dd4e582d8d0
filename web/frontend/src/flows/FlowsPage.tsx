import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { FlowSummary } from "../api/flows";
import type { RunRow } from "../api/runs";
import { ExampleButton } from "../app/ExampleButton";
import { useRole } from "../app/queries";
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
import { count } from "../words/sizes";
import { lastOf, useLastRuns } from "./lastRuns";
import { ImportButton, NewButton } from "./Making";

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
        {makes && <NewButton onError={setTrouble} />}
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

function Listing({ flows }: { flows: FlowSummary[] }) {
  const live = useLastRuns();
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
            <th scope="col">When</th>
            <th scope="col" className="num">Nodes</th>
            <th scope="col">Next run</th>
            <th scope="col">Saved</th>
          </tr>
        </thead>
        <tbody>
          {flows.map((flow) => (
            <Row key={flow.id} flow={flow} live={live.get(flow.id)} next={schedules.data ? next.get(flow.id) : (flow.next_at ?? undefined)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ flow, live, next }: { flow: FlowSummary; live: RunRow | undefined; next: string | undefined }) {
  const last = lastOf(flow, live);
  return (
    <tr>
      <td className="name">
        <Link to="/flows/$id" params={{ id: flow.id }} className="entry-name"><strong>{flow.name}</strong></Link>{" "}
        <span className="faint num">version {flow.version}</span>
      </td>
      <td>
        {last ? (
          <span className="row">
            <Link to="/runs/$id" params={{ id: last.id }} aria-label={`Last run of ${flow.name}`}><StateChip state={last.state} /></Link>
            {live && <CountsBar counts={live.counts} />}
          </span>
        ) : (
          <span className="faint">never run</span>
        )}
      </td>
      <td className="soft">{last?.at && <Ago at={last.at} />}</td>
      <td className="num soft">{count(flow.nodes)}</td>
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
      {makes && (
        <div className="row wrap">
          <ExampleButton />
        </div>
      )}
      <p className="soft">The same from a terminal; <code>husk up</code> brings an example, too:</p>
      <pre className="example" tabIndex={0}>husk flow import flow.json</pre>
    </div>
  );
}
