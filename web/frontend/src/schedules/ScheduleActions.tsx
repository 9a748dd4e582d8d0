import { useNavigate } from "@tanstack/react-router";
import { CirclePause, Ellipsis, Pencil, Play, Trash2, Zap } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { changeSchedule, deleteSchedule, triggerSchedule, type Schedule } from "../api/schedules";
import { sentence } from "../api/client";
import { queryClient } from "../app/queries";
import { Button, IconButton } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { take } from "../runs/liveRuns";
import { schedulesChanged } from "./useSchedules";

export function ScheduleActions({ schedule, onEdit }: { schedule: Schedule; onEdit: () => void }) {
  const [deleting, setDeleting] = useState(false);
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const navigate = useNavigate();
  const act = async (what: () => Promise<unknown>): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      await what();
      await schedulesChanged();
      setState({ busy: false, error: null });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  const trigger = async (): Promise<void> => {
    const row = await triggerSchedule(schedule.id);
    take(queryClient, row.id, row);
    await navigate({ to: "/runs/$id", params: { id: row.id } });
  };
  const { paused } = schedule;
  return (
    <span className="row actions-row">
      {state.error !== null && !deleting && <span className="tone-red cut" role="alert" title={sentence(state.error)}>{sentence(state.error)}</span>}
      <Button
        small icon={paused ? Play : CirclePause} busy={state.busy} aria-label={`${paused ? "Resume" : "Pause"} ${schedule.name || schedule.words}`}
        onClick={() => void act(() => changeSchedule(schedule.id, { paused: !paused }))}
      >
        {paused ? "Resume" : "Pause"}
      </Button>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild>
          <IconButton small icon={Ellipsis} label={`More about ${schedule.name || schedule.words}`} />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            <DropdownMenu.Item onSelect={() => void act(trigger)}>
              <Zap className="icon" aria-hidden /> Run it now
            </DropdownMenu.Item>
            <DropdownMenu.Item onSelect={onEdit}>
              <Pencil className="icon" aria-hidden /> Edit…
            </DropdownMenu.Item>
            <div className="rule" />
            <DropdownMenu.Item className="danger" onSelect={() => setDeleting(true)}>
              <Trash2 className="icon" aria-hidden /> Delete…
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Confirm
        open={deleting} onClose={() => setDeleting(false)} title={`Delete the schedule ${schedule.name || schedule.words}?`} verb="Delete schedule"
        busy={state.busy} error={state.error} onConfirm={() => void act(() => deleteSchedule(schedule.id))}
      >
        {schedule.flow_name} does not run by it any more. Its runs and their record stay; what runs now goes on.
      </Confirm>
    </span>
  );
}
