import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeftRight } from "lucide-react";
import { useCallback, useState } from "react";
import { ApiError } from "../../api/client";
import { comparison as askComparison, type Comparison, type Difference, type RunRow } from "../../api/runs";
import { queryClient } from "../../app/queries";
import { useKernelNames } from "../../kernels/names";
import type { LiveEvent } from "../../live/events";
import { gathered } from "../../live/gathered";
import { useLiveEvents, useTopics } from "../../live/useLive";
import { Ago } from "../../parts/Ago";
import { Button } from "../../parts/Button";
import { Failure } from "../../parts/Notice";
import { StateChip } from "../../parts/StateChip";
import { useTitle } from "../../parts/useTitle";
import { counted } from "../../words/sizes";
import "../../styles/grid.css";
import "../../styles/outputs.css";
import "../../styles/runs.css";
import "../../styles/compare.css";
import { triggerWord } from "../states";
import { Took } from "../Took";
import { ChooseRun } from "./ChooseRun";
import { isAlike } from "./differences";
import { NodeDiff } from "./NodeDiff";
import { Pairs } from "./Pairs";

const KEY = "comparison";
const askAgain = gathered(() => queryClient.invalidateQueries({ queryKey: [KEY] }));

// Two runs side by side, differences only.
export function ComparePage() {
  const { id, other } = useParams({ from: "/inside/runs/$id/compare/$other" });
  const { data, error, refetch } = useQuery({
    queryKey: [KEY, id, other], queryFn: () => askComparison(id, other), staleTime: 0, retry: (times, failure) => !isGone(failure) && times < 2,
  });
  useTitle(data ? `Two runs of ${data.left.flow_name}` : "Two runs");
  useTopics(data && !error ? [`run:${id}`, `run:${other}`] : []);
  useLiveEvents(
    useCallback((event: LiveEvent) => {
      if ((event.type === "run" || event.type === "node") && (event.run_id === id || event.run_id === other)) askAgain();
    }, [id, other]),
  );
  if (isGone(error)) return <Gone ids={[id, other]} />;
  return (
    <div className="page wide-page compare-page">
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Comparing the runs" />}
      {data && <Both comparison={data} />}
    </div>
  );
}

const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

function Both({ comparison }: { comparison: Comparison }) {
  const { left, right, facts, parameters, options, nodes, alike } = comparison;
  const kernelName = useKernelNames();
  // The run that stays when the other one is chosen anew.
  const [against, setFor] = useState<RunRow | null>(null);
  return (
    <>
      <header className="page-head">
        <h1 className="cut"><Link to="/flows/$id" params={{ id: right.flow_id }} className="entry-name">{right.flow_name}</Link></h1>
        <span className="faint">two runs, what differs</span>
        <span className="grow" />
        <Link to="/runs/$id/compare/$other" params={{ id: right.id, other: left.id }} className="button small" replace>
          <ArrowLeftRight className="icon" aria-hidden /> Swap
        </Link>
      </header>
      <div className="sides">
        <Side run={left} word="Left" choose={() => setFor(right)} />
        <Side run={right} word="Right" choose={() => setFor(left)} />
      </div>
      {against && <ChooseRun run={against} onClose={() => setFor(null)} />}
      {isAlike(comparison) && <p className="prose">These runs are alike: the same code, parameters, outcome and content of every output.</p>}
      <Part title="Run" pairs={facts.map((one) => (one.name === "flow_id" ? { ...one, left: left.flow_name, right: right.flow_name } : one))} />
      <Part title="Parameters" pairs={parameters} mono />
      <Part title="Options" pairs={options} />
      {nodes.length > 0 && (
        <section className="node-diffs" aria-label="Nodes">
          <h2>Nodes</h2>
          {nodes.map((node) => (
            <NodeDiff key={node.node_id} {...{ node, comparison, kernelName }} />
          ))}
        </section>
      )}
      {alike > 0 && nodes.length > 0 && <p className="faint">{counted(alike, "other node")} {alike === 1 ? "is" : "are"} alike.</p>}
    </>
  );
}

function Part({ title, pairs, mono = false }: { title: string; pairs: Difference[]; mono?: boolean }) {
  if (pairs.length === 0) return null;
  return (
    <section className="part" aria-label={title}>
      <h2>{title}</h2>
      <Pairs pairs={pairs} label={title} mono={mono} />
    </section>
  );
}

function Side({ run, word, choose }: { run: RunRow; word: string; choose: () => void }) {
  return (
    <section className="side" aria-label={`${word} run`}>
      <div className="row wrap">
        <span className="faint">{word}</span>
        <Link to="/runs/$id" params={{ id: run.id }} className="link mono">{run.id}</Link>
        <StateChip state={run.state} />
      </div>
      <p className="soft facts-line">
        <span>version {run.flow_version}</span>
        <span>{triggerWord(run.trigger)}</span>
        <span className="num"><Took row={run} /></span>
        {run.created_at && <span><Ago at={run.created_at} /></span>}
        <button type="button" className="link" onClick={choose}>Another</button>
      </p>
    </section>
  );
}

function Gone({ ids }: { ids: string[] }) {
  return (
    <div className="page empty">
      <h1>One of these runs is not there</h1>
      <p className="prose">It was removed by its age or by hand, or it is not yours to see. A run that is left has its own page.</p>
      <p className="row wrap">
        {ids.map((id) => (
          <Link key={id} to="/runs/$id" params={{ id }} className="link mono">{id}</Link>
        ))}
        <Link to="/runs" className="link">All runs</Link>
      </p>
    </div>
  );
}
