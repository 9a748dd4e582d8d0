import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { LogLine } from "../api/logs";
import { kernelsQuery } from "../kernels/useKernels";
import { flowsQuery } from "../runs/RunFilters";
import { toneOfLevel } from "../runs/logs";
import { moment } from "../words/times";
import type { LiveLine } from "./live";
import type { LogsSearch } from "./search";

interface Props { live: LiveLine[]; lines: LogLine[]; search: LogsSearch; onSet: (part: Partial<LogsSearch>) => void }

export function LogLines({ live, lines, search, onSet }: Props) {
  const flows = useQuery(flowsQuery).data?.items;
  const kernels = useQuery(kernelsQuery).data?.items;
  const flowNames = useMemo(() => new Map(flows?.map(({ id, name }) => [id, name])), [flows]);
  const kernelNames = useMemo(() => new Map(kernels?.map(({ uid, name }) => [uid, name])), [kernels]);
  return (
    <ol className="found-lines" tabIndex={0} aria-label="Lines">
      {live.map((one) => (
        <li key={one.key} className="is-live">
          <When at={one.at * 1000} />
          <Level level={one.level} />
          <span className="source"><span className="tag">live</span> <Kernel uid={one.kernel} name={kernelNames.get(one.kernel)} /></span>
          <span className="message mono" title={one.logger}>{one.message}</span>
        </li>
      ))}
      {lines.map((one, index) => (
        <li key={`${one.execution_id}/${index}`}>
          <When at={one.at === null ? null : Date.parse(one.at)} />
          <Level level={one.level} />
          <span className="source">
            <Source {...{ one, search, onSet }} flow={flowNames.get(one.flow_id)} />
            <Kernel uid={one.kernel_id} name={kernelNames.get(one.kernel_id)} />
          </span>
          <span className="message mono" title={one.logger}>{one.message}</span>
        </li>
      ))}
    </ol>
  );
}

function When({ at }: { at: number | null }) {
  if (at === null) return <span />;
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const words = today ? date.toLocaleTimeString() : `${date.toLocaleDateString(undefined, { month: "short", day: "numeric" })} ${date.toLocaleTimeString()}`;
  return <time className="faint num" dateTime={date.toISOString()} title={moment(at)}>{words}</time>;
}

function Level({ level }: { level: string }) {
  return <span className={`level mono tone-${toneOfLevel(level)}`}>{level}</span>;
}

interface SourceProps { one: LogLine; search: LogsSearch; flow: string | undefined; onSet: (part: Partial<LogsSearch>) => void }

// Of which flow and node; each narrows the list to itself.
function Source({ one, search, flow, onSet }: SourceProps) {
  const { flow_id: flowId, node_id: node, execution_id: execution } = one;
  return (
    <>
      {flowId && search.flow !== flowId && (
        <button type="button" className="plain cut" title={`Only lines of ${flow ?? flowId}`} onClick={() => onSet({ flow: flowId })}>{flow ?? flowId}</button>
      )}
      {node && search.node !== node && (
        <button type="button" className="plain cut soft" title={`Only lines of the node ${node}`} onClick={() => onSet({ node })}>{node}</button>
      )}
      {!flowId && !node && search.execution !== execution && (
        <button type="button" className="plain cut soft" title={`Only lines of ${execution}`} onClick={() => onSet({ execution })}>a cell</button>
      )}
    </>
  );
}

function Kernel({ uid, name }: { uid: string; name: string | undefined }) {
  if (name === undefined) return <span className="faint cut mono">{uid}</span>;
  return <Link to="/kernels/$id" params={{ id: uid }} className="faint cut link">{name}</Link>;
}
