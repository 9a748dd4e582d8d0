import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { Schedule } from "../api/schedules";
import { useRole } from "../app/queries";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { counted } from "../words/sizes";
import "../styles/runs.css";
import { ScheduleDetails } from "./ScheduleDetails";
import { ScheduleSheet } from "./ScheduleSheet";
import { ScheduleTable } from "./ScheduleTable";
import type { SchedulesSearch } from "./search";
import { schedulesQuery } from "./useSchedules";

export function SchedulesPage() {
  useTitle("Schedules");
  const search = useSearch({ from: "/inside/schedules" });
  const navigate = useNavigate();
  const set = (part: Partial<SchedulesSearch>): void => void navigate({ to: "/schedules", search: (now) => ({ ...now, ...part }), replace: true });
  const { data, error, refetch } = useQuery(schedulesQuery);
  const makes = useRole() !== "viewer";
  const all = data?.items ?? [];
  const shown = search.flow === undefined ? all : all.filter((one) => one.flow_id === search.flow);
  const close = (): void => set({ new: undefined, schedule: undefined, edit: undefined });
  return (
    <div className="page">
      <Head {...{ search, shown, makes, set }} />
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading schedules" />}
      {data && shown.length === 0 && <Empty makes={makes} narrowed={search.flow !== undefined} />}
      {shown.length > 0 && <ScheduleTable schedules={shown} onOpen={(id) => set({ schedule: id })} onEdit={(id) => set({ schedule: id, edit: true })} />}
      <Opened {...{ search, all, makes }} onClose={close} />
    </div>
  );
}

type Set = (part: Partial<SchedulesSearch>) => void;

function Head({ search, shown, makes, set }: { search: SchedulesSearch; shown: Schedule[]; makes: boolean; set: Set }) {
  return (
    <div className="page-head">
      <h1>Schedules</h1>
      {search.flow !== undefined && (
        <Button small onClick={() => set({ flow: undefined })} aria-label="Not only of one flow">
          {shown[0]?.flow_name ?? "one flow"} ×
        </Button>
      )}
      <span className="faint grow">{shown.length > 0 && counted(shown.length, "schedule")}</span>
      {makes && <Button kind="primary" icon={Plus} onClick={() => set({ new: true })}>New schedule</Button>}
    </div>
  );
}

function Opened({ search, all, makes, onClose }: { search: SchedulesSearch; all: Schedule[]; makes: boolean; onClose: () => void }) {
  if (makes && search.new) return <ScheduleSheet flow={search.flow} onClose={onClose} />;
  const schedule = all.find((one) => one.id === search.schedule);
  if (!schedule) return null;
  if (makes && search.edit) return <ScheduleSheet key={schedule.id} schedule={schedule} onClose={onClose} />;
  return <ScheduleDetails schedule={schedule} onClose={onClose} />;
}

function Empty({ makes, narrowed }: { makes: boolean; narrowed: boolean }) {
  if (narrowed) return <p className="faint">This flow has no schedule. <Link to="/schedules" search={{}} className="link">Show all</Link></p>;
  return (
    <div className="empty">
      <h2>No schedule yet</h2>
      <p className="prose">
        A schedule runs a flow by itself: at times, when a file comes, or when another flow has succeeded.
        {makes ? " Make one here, or from a terminal:" : " Your account only reads."}
      </p>
      <pre className="example" tabIndex={0}>{'husk schedule create FLOW --cron "30 6 * * 1-5" --zone Europe/Amsterdam'}</pre>
    </div>
  );
}
