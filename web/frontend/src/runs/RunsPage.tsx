import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { runs as askRuns } from "../api/runs";
import { RunTabs } from "../logs/RunTabs";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/runs.css";
import { LISTS } from "./liveRuns";
import { RunFilters } from "./RunFilters";
import { RunTable } from "./RunTable";
import { asQuery, isNarrowed, type RunsSearch } from "./search";

// Runs of all flows, newest first; the address holds the filter.
export function RunsPage() {
  useTitle("Runs");
  const search = useSearch({ from: "/inside/runs" });
  const navigate = useNavigate();
  const set = (part: Partial<RunsSearch>): void => void navigate({ to: "/runs", search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <div className="page">
      <RunTabs />
      <div className="page-head">
        <h1>Runs</h1>
        <span className="grow" />
        <RunFilters search={search} onSet={set} />
      </div>
      <Listing search={search} />
    </div>
  );
}

function Listing({ search }: { search: RunsSearch }) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...LISTS, search],
    queryFn: ({ pageParam }) => askRuns(asQuery(search, pageParam)),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
  });
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading runs" />}
      {data && rows.length === 0 && (isNarrowed(search) ? <NothingLikeIt /> : <NoRuns />)}
      {rows.length > 0 && <RunTable rows={rows} />}
      {hasNextPage && (
        <div className="more">
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>Older runs</Button>
        </div>
      )}
    </>
  );
}

function NothingLikeIt() {
  return (
    <p className="faint">
      No run is like this. <Link to="/runs" search={{}} className="link">Show all</Link>
    </p>
  );
}

function NoRuns() {
  return (
    <div className="empty">
      <h2>Nothing has run yet</h2>
      <p className="prose">
        A run is one pass through a flow: its nodes run on their kernels as soon as what they need is there, and what each did
        is kept here.
      </p>
      <p>
        <Link to="/flows" className="button primary">Choose a flow to run</Link>
      </p>
      <p className="soft">The same from a terminal:</p>
      <pre className="example" tabIndex={0}>husk flow run NAME --wait</pre>
    </div>
  );
}
