import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState, type ComponentProps } from "react";
import { logs as ask } from "../api/logs";
import { queryClient } from "../app/queries";
import { useFreshList } from "../live/useFreshList";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/logs.css";
import { counted } from "../words/sizes";
import { LogFilters } from "./LogFilters";
import { LogLines } from "./LogLines";
import { RunTabs } from "./RunTabs";
import { isNarrowed, NOTHING, queryOf, type LogsSearch } from "./search";
import { useLiveLines } from "./useLiveLines";

export function LogsPage() {
  useTitle("Logs");
  const search = useSearch({ from: "/inside/logs" });
  const navigate = useNavigate();
  const set = (part: Partial<LogsSearch>): void =>
    // Of the address as it is then: two changes may come before the page is drawn again.
    void navigate({ to: "/logs", search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <div className="page">
      <RunTabs />
      <div className="page-head">
        <h1>Logs</h1>
        <span className="grow" />
        <LogFilters search={search} onSet={set} />
      </div>
      <Lines key={JSON.stringify(search)} search={search} onSet={set} />
    </div>
  );
}

// So many pages are asked for anew when lines come; with more open, that waits to be asked for.
const MOST_ASKED_AGAIN = 3;

function Lines({ search, onSet }: { search: LogsSearch; onSet: (part: Partial<LogsSearch>) => void }) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["logs", search],
    // The moment counts when it is asked: an hour ago is another one then.
    queryFn: ({ pageParam }) => ask(queryOf(search, Date.now()), pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
  });
  const live = useLiveLines(search);
  const [waiting, setWaiting] = useState(false);
  const pages = data?.pages.length ?? 0;
  const again = useCallback(async (): Promise<void> => {
    if (pages > MOST_ASKED_AGAIN) return setWaiting(true);
    await refetch();
    live.recorded();
  }, [pages, refetch, live]);
  useFreshList("logs", again);
  const fromTop = (): void => {
    setWaiting(false);
    void queryClient.resetQueries({ queryKey: ["logs", search] });
    live.recorded();
  };
  const lines = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label="Lines of logs">
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton logs-wait" role="status" aria-busy="true" aria-label="Loading lines" />}
      {data && <Said lines={lines.length} more={hasNextPage} />}
      {waiting && <Button small onClick={fromTop}>New lines came: show from the top</Button>}
      {data && <Found live={live.lines} {...{ lines, search, onSet }} />}
      {hasNextPage && (
        <div className="more">
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>Older lines</Button>
        </div>
      )}
    </section>
  );
}

function Said({ lines, more }: { lines: number; more: boolean }) {
  return (
    <p className="faint num logs-said" role="status">
      {counted(lines, "line")}{more && ", and older ones"}, the newest first
    </p>
  );
}

function Found({ live, lines, search, onSet }: ComponentProps<typeof LogLines>) {
  if (live.length + lines.length === 0) return <None narrowed={isNarrowed(search)} onAll={() => onSet(NOTHING)} />;
  return <LogLines {...{ live, lines, search, onSet }} />;
}

function None({ narrowed, onAll }: { narrowed: boolean; onAll: () => void }) {
  if (narrowed) {
    return (
      <p className="row">
        <span className="faint">No line is like this.</span> <Button small onClick={onAll}>Show all lines</Button>
      </p>
    );
  }
  return (
    <div className="empty">
      <h2>Nothing was logged yet</h2>
      <p className="prose">
        What cells and nodes log stands here, with its level, node and time, as soon as they have ended; while they run, at the
        top as it comes. Python&apos;s own logging goes the same way.
      </p>
      <pre className="example" tabIndex={0}>{'flowfile.log_info(f"{len(df)} rows loaded")\nflowfile.log_warning("no data for May")'}</pre>
      <p className="soft">The same from a terminal:</p>
      <pre className="example" tabIndex={0}>{"husk logs --level warning"}</pre>
    </div>
  );
}
