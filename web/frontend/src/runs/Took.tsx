import type { RunRow } from "../api/runs";
import { useTime } from "../parts/clock";
import { clock, duration } from "../words/times";
import { tookSeconds } from "./states";

// How long it took; of one that runs, a clock.
export function Took({ row }: { row: Pick<RunRow, "started_at" | "finished_at"> }) {
  return row.started_at !== null && row.finished_at === null ? <Running row={row} /> : <>{ended(row)}</>;
}

function ended(row: Pick<RunRow, "started_at" | "finished_at">): string {
  const seconds = tookSeconds(row, 0);
  return seconds === null ? "" : duration(seconds);
}

function Running({ row }: { row: Pick<RunRow, "started_at" | "finished_at"> }) {
  const said = useTime((now) => clock(tookSeconds(row, now) ?? 0));
  return <span className="mono tone-orange">{said}</span>;
}
