import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { runs as askRuns, type RunRow } from "../../api/runs";
import { Ago } from "../../parts/Ago";
import { Button } from "../../parts/Button";
import { Failure } from "../../parts/Notice";
import { Sheet } from "../../parts/Sheet";
import { StateChip } from "../../parts/StateChip";
import { told } from "../../words/facts";
import { LISTS } from "../liveRuns";
import { Took } from "../Took";

interface Props { run: RunRow; onClose: () => void }

// Which of the flow's runs to lay beside this one. The older one stands on the left.
export function ChooseRun({ run, onClose }: Props) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, refetch } = useInfiniteQuery({
    queryKey: [...LISTS, { flow: run.flow_id }],
    queryFn: ({ pageParam }) => askRuns({ flow: run.flow_id, limit: "50", ...(pageParam && { after: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
  });
  const rows = (data?.pages.flatMap((page) => page.items) ?? []).filter((one) => one.id !== run.id);
  return (
    <Sheet open onClose={onClose} title="Compare with" about={`Another run of ${run.flow_name}`}>
      <div className="content stack">
        <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
        {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading runs" />}
        {data && rows.length === 0 && <p className="faint">There is no other run of this flow. Run it again, then compare.</p>}
        <ul className="run-choices" aria-label="Runs of this flow">
          {rows.map((one) => (
            <li key={one.id}><Choice run={run} other={one} onClose={onClose} /></li>
          ))}
        </ul>
        {hasNextPage && <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>Older runs</Button>}
      </div>
    </Sheet>
  );
}

function Choice({ run, other, onClose }: { run: RunRow; other: RunRow; onClose: () => void }) {
  const [left, right] = (other.created_at ?? "") < (run.created_at ?? "") ? [other, run] : [run, other];
  const parameters = told(other.parameters, ", ");
  return (
    <Link to="/runs/$id/compare/$other" params={{ id: left.id, other: right.id }} onClick={onClose} aria-label={`Compare with run ${other.id}`}>
      <span className="row">
        <StateChip state={other.state} />
        <span className="faint num">version {other.flow_version}</span>
        <span className="grow" />
        <span className="num soft"><Took row={other} /></span>
        <span className="soft">{other.created_at && <Ago at={other.created_at} />}</span>
      </span>
      {parameters && <span className="faint cut" title={parameters}>{parameters}</span>}
    </Link>
  );
}
