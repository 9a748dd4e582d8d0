import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { ApiError } from "../api/client";
import type { Run } from "../api/runs";
import { NotThere } from "../app/Trouble";
import { drawingOf } from "../flows/graph/model";
import { Graph } from "../flows/graph/Graph";
import { useKernelNames } from "../kernels/names";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/outputs.css";
import "../styles/runs.css";
import { useRun } from "./liveRuns";
import { NodesTable } from "./NodesTable";
import { NodePanel } from "./NodePanel";
import { RunFacts } from "./RunFacts";
import { RunHeader } from "./RunHeader";
import { RunLogs } from "./RunLogs";
import type { RunSearch, Tab } from "./search";
import { TimelineView } from "./TimelineView";

export function RunPage() {
  const { id } = useParams({ from: "/inside/runs/$id" });
  const { data, error, refetch } = useRun(id);
  useTitle(data ? `Run of ${data.flow_name}` : "Run");
  if (error instanceof ApiError && error.status === 404) return data ? <Removed run={data} /> : <NotThere />;
  return (
    <div className="page wide-page">
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading the run" />}
      {data && <One run={data} />}
    </div>
  );
}

// It was here a moment ago.
function Removed({ run }: { run: Run }) {
  return (
    <div className="page empty">
      <h1>This run was removed</h1>
      <p className="prose">
        With what it logged, printed and put out. Runs go by their age, by <code>husk run prune</code>, or with their flow; what the
        flow shows of its latest run is kept.
      </p>
      <p>
        <Link to="/runs" search={{ flow: run.flow_id }} className="link">Other runs of {run.flow_name}</Link>
      </p>
    </div>
  );
}

function One({ run }: { run: Run }) {
  const search = useSearch({ from: "/inside/runs/$id" });
  const navigate = useNavigate();
  const set = (part: Partial<RunSearch>): void =>
    void navigate({ to: "/runs/$id", params: { id: run.id }, search: (now) => ({ ...now, ...part }), replace: true, resetScroll: false });
  const choose = (node: string | undefined): void => set({ node: node === search.node ? undefined : node });
  const node = run.nodes.find((one) => one.node_id === search.node);
  return (
    <>
      <RunHeader run={run} />
      <div className="beside">
        <div className="stack">
          <Tabs tab={search.tab ?? "timeline"} onTab={(tab) => set({ tab: tab === "timeline" ? undefined : tab })} />
          <Shown run={run} tab={search.tab ?? "timeline"} chosen={node?.node_id} onChoose={choose} />
          <RunLogs run={run} search={search} onSet={set} />
        </div>
        <aside aria-label={node ? `Node ${node.name}` : "About this run"}>
          {node ? <NodePanel key={node.node_id} run={run} node={node} onClose={() => set({ node: undefined })} /> : <RunFacts run={run} />}
        </aside>
      </div>
    </>
  );
}

const TABS: [Tab, string][] = [["timeline", "Timeline"], ["graph", "Graph"], ["nodes", "Nodes"]];

function Tabs({ tab, onTab }: { tab: Tab; onTab: (tab: Tab) => void }) {
  return (
    <div className="choices run-tabs" role="group" aria-label="How the run is shown">
      {TABS.map(([one, word]) => (
        <button key={one} type="button" aria-pressed={one === tab} data-state={one === tab ? "on" : "off"} onClick={() => onTab(one)}>
          {word}
        </button>
      ))}
    </div>
  );
}

interface ShownProps { run: Run; tab: Tab; chosen: string | undefined; onChoose: (node: string | undefined) => void }

function Shown({ run, tab, chosen, onChoose }: ShownProps) {
  const kernelName = useKernelNames();
  const drawing = useMemo(
    () =>
      drawingOf(
        run.nodes.map((one) => ({ id: one.node_id, name: one.name, type: one.type, kernel: one.kernel_id })), run.connections,
        run.nodes, kernelName,
      ),
    [run.nodes, run.connections, kernelName],
  );
  if (tab === "graph") return <Graph drawing={drawing} chosen={chosen} onChoose={onChoose} label={`Graph of ${run.flow_name}`} />;
  if (tab === "nodes") return <NodesTable {...{ run, chosen, onChoose, kernelName }} />;
  return <TimelineView {...{ run, chosen, onChoose, kernelName }} />;
}
