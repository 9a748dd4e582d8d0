import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { flowVersions, type Flow } from "../api/flows";
import type { RunRow } from "../api/runs";
import { Ago } from "../parts/Ago";
import { StateChip } from "../parts/StateChip";
import { Took } from "../runs/Took";
import { triggerWord } from "../runs/states";
import { In } from "../schedules/In";
import { schedulesQuery } from "../schedules/useSchedules";
import { parametersOf } from "./parameters";

// Beside the graph while no node is chosen: runs, schedules, parameters, versions.
export function FlowFacts({ flow, rows, shown }: { flow: Flow; rows: RunRow[]; shown: string | undefined }) {
  const parameters = parametersOf(flow.parameters);
  return (
    <div className="stack">
      <section>
        <h2>Runs</h2>
        {rows.length === 0 ? <p className="faint">It never ran.</p> : <Runs {...{ flow, rows, shown }} />}
      </section>
      <Schedules flow={flow.id} />
      {parameters.length > 0 && (
        <section>
          <h2>Parameters</h2>
          <dl className="facts-two">
            {parameters.map((one) => (
              <Parameter key={one.name} name={one.name} words={`${one.type}${one.required ? ", required" : one.start && ` = ${one.start}`}`} about={one.about} />
            ))}
          </dl>
        </section>
      )}
      <Versions flow={flow} />
    </div>
  );
}

function Parameter({ name, words, about }: { name: string; words: string; about: string }) {
  return (
    <>
      <dt className="mono" title={about}>{name}</dt>
      <dd className="mono soft">{words}</dd>
    </>
  );
}

function Runs({ flow, rows, shown }: { flow: Flow; rows: RunRow[]; shown: string | undefined }) {
  return (
    <>
      <ol className="version-list">
        {rows.map((row) => (
          <li key={row.id}>
            <Link
              to="/flows/$id" params={{ id: flow.id }} search={{ run: row.id }} aria-current={row.id === shown ? "true" : undefined}
              title="Show its states on the nodes"
            >
              <StateChip state={row.state} />
              <span className="soft num"><Took row={row} /></span>
              <span className="grow" />
              <span className="faint">{triggerWord(row.trigger)}, {row.created_at && <Ago at={row.started_at ?? row.created_at} />}</span>
            </Link>
          </li>
        ))}
      </ol>
      <p className="after-list"><Link to="/runs" search={{ flow: flow.id }} className="link">All its runs</Link></p>
    </>
  );
}

function Schedules({ flow }: { flow: string }) {
  const { data } = useQuery(schedulesQuery);
  const mine = data?.items.filter((one) => one.flow_id === flow) ?? [];
  return (
    <section>
      <h2>Schedules</h2>
      {mine.length === 0 && <p className="faint">It runs by hand only.</p>}
      <ul className="version-list">
        {mine.map((one) => (
          <li key={one.id}>
            <Link to="/schedules" search={{ schedule: one.id }}>
              <span className="grow">{one.words || one.name}</span>
              <span className="faint">{one.paused ? "paused" : one.next_at ? <In at={one.next_at} /> : ""}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Versions({ flow }: { flow: Flow }) {
  const { data } = useQuery({ queryKey: ["flow-versions", flow.id, flow.version], queryFn: () => flowVersions(flow.id), staleTime: 0 });
  return (
    <section>
      <h2>Versions</h2>
      <ol className="version-list">
        {data?.items.map((one, index) => (
          <li key={one.version}>
            <Link
              to="/flows/$id" params={{ id: flow.id }} search={index === 0 ? {} : { version: one.version }}
              aria-current={one.version === flow.version ? "true" : undefined}
            >
              <strong className="num">{one.version}</strong>
              {index === 0 && <span className="tag">newest</span>}
              <span className="grow" />
              <span className="faint">{one.saved_by}, {one.saved_at && <Ago at={one.saved_at} />}</span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
