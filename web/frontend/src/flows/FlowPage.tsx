import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { flow as askFlow, flowAt, type Flow } from "../api/flows";
import { ApiError } from "../api/client";
import type { Run } from "../api/runs";
import { NotThere } from "../app/Trouble";
import { useRole } from "../app/queries";
import { useKernelNames } from "../kernels/names";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { useRun } from "../runs/liveRuns";
import "../styles/notebook.css";
import "../styles/outputs.css";
import "../styles/runs.css";
import { FlowFacts } from "./FlowFacts";
import { FlowHeader } from "./FlowHeader";
import { FlowKernels } from "./FlowKernels";
import { FlowNodePanel } from "./FlowNodePanel";
import { Graph } from "./graph/Graph";
import { drawingOf } from "./graph/model";
import { RunStrip } from "./RunStrip";
import { useRunsOf } from "./runsOf";
import { RunSheet } from "./RunSheet";
import type { FlowSearch } from "./search";

const FlowEditor = lazy(async () => ({ default: (await import("./editing/FlowEditor")).FlowEditor }));

export function FlowPage() {
  const { id } = useParams({ from: "/inside/flows/$id" });
  const { version, edit } = useSearch({ from: "/inside/flows/$id" });
  const { data, error, refetch } = useQuery({
    queryKey: ["flow", id, version ?? "newest"],
    queryFn: () => (version === undefined ? askFlow(id) : flowAt(id, version)),
    staleTime: 0,
    refetchOnWindowFocus: true,
  });
  useTitle(data?.name ?? "Flow");
  const gone = error instanceof ApiError && error.status === 404;
  // What somebody changes is not taken from them because somebody else deleted the flow.
  if (gone && !(edit && data)) return <NotThere />;
  return (
    <div className="page wide-page">
      <Failure error={gone ? null : error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading the flow" />}
      {data && <Shown flow={data} gone={gone} />}
    </div>
  );
}

function Shown({ flow, gone }: { flow: Flow; gone: boolean }) {
  const { version, edit } = useSearch({ from: "/inside/flows/$id" });
  const makes = useRole() !== "viewer";
  const old = version !== undefined;
  return edit && makes && !old ? <Editing flow={flow} gone={gone} /> : <One flow={flow} old={old} />;
}

// What is being changed stays as it was opened, whoever saves meanwhile: the editor says so.
function Editing({ flow, gone }: { flow: Flow; gone: boolean }) {
  const [opened] = useState(flow);
  const { node } = useSearch({ from: "/inside/flows/$id" });
  const navigate = useNavigate();
  const [latest] = useRunsOf(flow.id);
  const { data: run } = useRun(latest?.id ?? null);
  const done = (): void => void navigate(gone ? { to: "/flows" } : { to: "/flows/$id", params: { id: flow.id } });
  return (
    <Suspense fallback={<div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading the editor" />}>
      <h1 className="hidden-text">Edit {flow.name}</h1>
      <FlowEditor flow={opened} newest={gone ? null : flow.version} run={run} first={node} onDone={done} />
    </Suspense>
  );
}

function One({ flow, old }: { flow: Flow; old: boolean }) {
  const search = useSearch({ from: "/inside/flows/$id" });
  const navigate = useNavigate();
  const makes = useRole() !== "viewer";
  const [target, setTarget] = useState<string | undefined>();
  const rows = useRunsOf(flow.id);
  const { data: run } = useRun(search.run ?? rows[0]?.id ?? null);
  const set = (part: Partial<FlowSearch>): void =>
    void navigate({ to: "/flows/$id", params: { id: flow.id }, search: (now) => ({ ...now, ...part }), replace: true, resetScroll: false });
  const node = flow.nodes.find((one) => one.id === search.node);
  return (
    <>
      <FlowHeader flow={flow} old={old} onRun={() => set({ start: true })} />
      <FlowKernels flow={flow} />
      {run && <RunStrip run={run} flow={flow} />}
      <div className="beside">
        <Drawn {...{ flow, run }} chosen={node?.id} onChoose={(id) => set({ node: id })} />
        <aside aria-label={node ? `Node ${node.name}` : "About this flow"}>
          {node ? (
            <FlowNodePanel
              key={node.id} {...{ flow, node, run }} onClose={() => set({ node: undefined })} onRun={() => (setTarget(node.id), set({ start: true }))}
              onEdit={makes && !old ? () => set({ edit: true }) : null}
            />
          ) : (
            <FlowFacts {...{ flow, rows }} shown={run?.id} />
          )}
        </aside>
      </div>
      {search.start && <RunSheet flow={flow} target={target} onClose={() => (setTarget(undefined), set({ start: undefined }))} />}
    </>
  );
}

interface DrawnProps { flow: Flow; run: Run | undefined; chosen: string | undefined; onChoose: (id: string | undefined) => void }

function Drawn({ flow, run, chosen, onChoose }: DrawnProps) {
  const kernelName = useKernelNames();
  const drawing = useMemo(() => {
    const nodes = flow.nodes.map((one) => ({ ...one, kernel: one.kernel ?? flow.default_kernel }));
    return drawingOf(nodes, flow.connections, run?.nodes ?? [], kernelName);
  }, [flow, run?.nodes, kernelName]);
  return <Graph {...{ drawing, chosen, onChoose }} label={`Graph of ${flow.name}`} />;
}

