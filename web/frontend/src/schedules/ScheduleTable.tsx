import { Link } from "@tanstack/react-router";
import type { Schedule } from "../api/schedules";
import { useRole } from "../app/queries";
import { StateChip } from "../parts/StateChip";
import { HistoryStrip } from "./HistoryStrip";
import { In } from "./In";
import { ScheduleActions } from "./ScheduleActions";

interface Props { schedules: Schedule[]; onOpen: (id: string) => void; onEdit: (id: string) => void }

export function ScheduleTable({ schedules, onOpen, onEdit }: Props) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Schedules">
      <table className="table schedule-table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Flow</th>
            <th scope="col">Next</th>
            <th scope="col">Last fires</th>
            <th scope="col"><span className="hidden-text">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {schedules.map((one) => (
            <Row key={one.id} schedule={one} onOpen={() => onOpen(one.id)} onEdit={() => onEdit(one.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ schedule, onOpen, onEdit }: { schedule: Schedule; onOpen: () => void; onEdit: () => void }) {
  const changes = useRole() !== "viewer";
  const { name, words } = schedule;
  const shown = name || words;
  return (
    <tr>
      <td className="name">
        <button type="button" className="plain" onClick={onOpen}><strong>{shown}</strong></button>
        {words && words !== shown && <div className="faint cut about" title={words}>{words}</div>}
        {schedule.error && <div className="tone-red cut about" title={schedule.error}>{schedule.error}</div>}
      </td>
      <td><Link to="/flows/$id" params={{ id: schedule.flow_id }} className="entry-name">{schedule.flow_name}</Link></td>
      <td className="soft"><Next schedule={schedule} /></td>
      <td><HistoryStrip id={schedule.id} name={shown} onOpen={onOpen} /></td>
      <td className="ends">{changes && <ScheduleActions schedule={schedule} onEdit={onEdit} />}</td>
    </tr>
  );
}

const EVENTS: Record<string, string> = { file: "when a file comes", flow: "when that flow succeeds" };

export function Next({ schedule: { paused, next_at, kind } }: { schedule: Schedule }) {
  if (paused) return <StateChip state="paused" />;
  if (next_at !== null) return <In at={next_at} />;
  return <span className="faint">{EVENTS[kind] ?? "ended"}</span>;
}
