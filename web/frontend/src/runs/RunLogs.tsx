import { useInfiniteQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { runLogs, type Run, type RunLog } from "../api/runs";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { counted } from "../words/sizes";
import { moment } from "../words/times";
import { inOrder, toneOfLevel } from "./logs";
import { LEVELS, type RunSearch } from "./search";
import { isOpen } from "./states";
import { useLiveLogs } from "./useLiveLogs";

interface Props { run: Run; search: RunSearch; onSet: (part: Partial<RunSearch>) => void }

// What nodes logged, of all or of the one that is chosen; the oldest first, as it came.
export function RunLogs({ run, search: { node, level, find }, onSet }: Props) {
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = useInfiniteQuery({
    queryKey: ["run-logs", run.id, { node, level, find }],
    queryFn: ({ pageParam }) => runLogs(run.id, { node, level, q: find }, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
    placeholderData: (before) => before,
  });
  // A node that has ended has brought its lines with it.
  const ended = run.nodes.filter((one) => one.finished_at !== null).length;
  const seen = useRef(ended);
  useEffect(() => {
    if (seen.current === ended) return;
    seen.current = ended;
    void refetch();
  }, [ended, refetch]);
  const recorded = useMemo(() => (data?.pages.flatMap((page) => page.items) ?? []).reverse(), [data]);
  const live = useLiveLogs(run, recorded, useMemo(() => ({ node, level, find }), [node, level, find]));
  const logs = useMemo(() => inOrder(recorded, live), [recorded, live]);
  const narrowed = Boolean(level ?? find ?? node);
  return (
    <section className="run-logs" aria-label="Logs">
      <div className="row wrap logs-head">
        <h2>Logs</h2>
        <span className="faint num" role="status">{data && `${counted(logs.length, "line")}${hasNextPage ? ", and older ones" : ""}`}</span>
        <span className="grow" />
        <select
          className="input narrow-choice" aria-label="Least level" value={level ?? ""}
          onChange={(event) => onSet({ level: event.target.value || undefined })}
        >
          <option value="">all levels</option>
          {LEVELS.slice(1).map((one) => (
            <option key={one} value={one}>{one.toLowerCase()} and above</option>
          ))}
        </select>
        <Find value={find ?? ""} onSet={(text) => onSet({ find: text })} />
      </div>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {hasNextPage && <Button small busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>Older lines</Button>}
      {data && logs.length === 0 && <p className="faint">{noneInWords(narrowed, isOpen(run.state))}</p>}
      {logs.length > 0 && <Lines logs={logs} run={run} onNode={(one) => onSet({ node: one })} />}
    </section>
  );
}

function noneInWords(narrowed: boolean, open: boolean): string {
  if (narrowed) return "No line is like this.";
  return open ? "No line yet." : "No node of this run logged anything: flowfile.log does.";
}

const WAIT_MS = 300;
const NEAR_PX = 24;

// Asks when the writing rests.
function Find({ value, onSet }: { value: string; onSet: (text: string | undefined) => void }) {
  const [text, setText] = useState(value);
  const latest = useRef(onSet);
  useEffect(() => {
    latest.current = onSet;
  });
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => latest.current(text.trim() || undefined), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <label className="row find-line">
      <Search className="icon faint" aria-hidden />
      <input
        className="input" type="search" placeholder="Find in the logs" aria-label="Find in the logs" value={text} maxLength={200}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

function Lines({ logs, run, onNode }: { logs: RunLog[]; run: Run; onNode: (node: string) => void }) {
  const names = useMemo(() => new Map(run.nodes.map((one) => [one.node_id, one.name])), [run.nodes]);
  const list = useRef<HTMLOListElement>(null);
  // Who looks at the end sees what comes; who has scrolled away stays where they are.
  const atEnd = useRef(isOpen(run.state));
  useEffect(() => {
    if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [logs]);
  const scrolled = ({ scrollTop, clientHeight, scrollHeight }: HTMLElement): void => {
    atEnd.current = scrollTop + clientHeight >= scrollHeight - NEAR_PX;
  };
  return (
    <ol ref={list} className="log-lines mono" tabIndex={0} aria-label="Lines" onScroll={(event) => scrolled(event.currentTarget)}>
      {logs.map((log, index) => (
        <li key={index}>
          <time className="faint num" title={log.at ? moment(Date.parse(log.at)) : ""}>{log.at && new Date(log.at).toLocaleTimeString()}</time>
          <span className={`level tone-${toneOfLevel(log.level)}`}>{log.level}</span>
          <Source log={log} name={names.get(log.node_id ?? "")} onNode={onNode} />
          <span className="message">{log.message}</span>
        </li>
      ))}
    </ol>
  );
}

function Source({ log, name, onNode }: { log: RunLog; name: string | undefined; onNode: (node: string) => void }) {
  const { node_id: node } = log;
  if (node === null) return <span className="node" />;
  return <button type="button" className="plain cut soft node" onClick={() => onNode(node)}>{name ?? node}</button>;
}
