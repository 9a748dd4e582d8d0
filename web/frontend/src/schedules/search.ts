// What the page of schedules shows, as it stands in the address. Pure.
import { textIn } from "../runs/search";

export interface SchedulesSearch { flow?: string; schedule?: string; edit?: boolean; new?: boolean }

export function readSchedules(search: Record<string, unknown>): SchedulesSearch {
  return {
    flow: textIn(search["flow"]),
    schedule: textIn(search["schedule"]),
    edit: search["edit"] === true ? true : undefined,
    new: search["new"] === true ? true : undefined,
  };
}
