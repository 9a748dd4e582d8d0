import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Fire, Schedule } from "../api/schedules";
import { nextFires } from "../api/schedules";
import { Ago } from "../parts/Ago";
import { Failure, Notice } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { StateChip } from "../parts/StateChip";
import { told } from "../words/facts";
import { CATCH_UPS, OVERLAPS } from "./draft";
import { stateOf } from "./fires";
import { firesQuery } from "./HistoryStrip";
import { NextFires } from "./NextFires";

const MOST_NEXT = 5;

// What it does, when it fires next, and what became of the last fires.
export function ScheduleDetails({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const next = useQuery({
    queryKey: ["schedules", schedule.id, "next"],
    queryFn: () => nextFires(schedule.id, MOST_NEXT),
    enabled: schedule.next_at !== null,
    staleTime: 0,
  });
  const history = useQuery(firesQuery(schedule.id));
  return (
    <Sheet open wide onClose={onClose} title={schedule.name || schedule.words} about={`${schedule.words || schedule.kind}. Runs ${schedule.flow_name}.`}>
      <div className="content">
        {schedule.error && <Notice tone="red">{schedule.error}</Notice>}
        {schedule.paused && <Notice tone="slate">Paused: it does not fire until it is resumed.</Notice>}
        {next.data && next.data.items.length > 0 && (
          <section>
            <h3>Next fires</h3>
            <NextFires items={next.data.items} timezone={schedule.timezone} />
          </section>
        )}
        <Policy schedule={schedule} />
        <section>
          <h3>Last fires</h3>
          <Failure error={history.error} />
          {history.data?.items.length === 0 && <p className="faint">It never fired.</p>}
          {history.data && history.data.items.length > 0 && <Fires fires={history.data.items} />}
          <p className="after-list"><Link to="/runs" search={{ schedule: schedule.id }} className="link">All its runs</Link></p>
        </section>
      </div>
    </Sheet>
  );
}

function Policy({ schedule }: { schedule: Schedule }) {
  const word = (list: [string, string][], value: string): string => list.find(([one]) => one === value)?.[1] ?? value;
  const facts: [string, string][] = [
    ["While one runs", word(OVERLAPS, schedule.overlap)],
    ["Missed while Husk was down", word(CATCH_UPS, schedule.catch_up)],
    ["Retries", schedule.retries === 0 ? "none" : `${schedule.retries}, after ${schedule.retry_delay_s} s`],
    ["Time limit", schedule.timeout_s === null ? "none" : `${schedule.timeout_s} s`],
    ["Parameters", told(schedule.parameters, ", ") || "as the flow says"],
  ];
  return (
    <dl className="facts-two">
      {facts.map(([name, value]) => (
        <FactRow key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function FactRow({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Fires({ fires }: { fires: Fire[] }) {
  return (
    <ul className="fires">
      {fires.map((fire, index) => (
        <li key={index}>
          <StateChip state={stateOf(fire)} />
          <span className="soft num">{fire.nominal_at && <Ago at={fire.nominal_at} />}</span>
          <span className="faint cut grow" title={fire.detail ?? fire.cause}>{fire.detail || fire.cause.split(":", 1)[0]}</span>
          {fire.run_id && <Link to="/runs/$id" params={{ id: fire.run_id }} className="link mono">{fire.run_id}</Link>}
        </li>
      ))}
    </ul>
  );
}
