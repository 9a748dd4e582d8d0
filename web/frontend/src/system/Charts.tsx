import { useMemo } from "react";
import type { Figures } from "../api/figures";
import { lookOf } from "../parts/StateChip";
import { count, size } from "../words/sizes";
import { duration } from "../words/times";
import { Chart } from "./charts/Chart";
import { hour, type Line } from "./charts/plot";
import { memoryOf, minutesOf, OUTCOMES, stacked, type Outcome } from "./figures";

const COLORS: Record<Outcome, string> = {
  succeeded: "bar-green", failed: "bar-red", timed_out: "bar-orange", lost: "amber", cancelled: "edge", skipped: "line",
};
const NOTHING_ENDED = "No cell and no node ended in the last hour.";

export function Charts({ figures }: { figures: Figures }) {
  const { minutes, at } = useMemo(() => ({ minutes: minutesOf(figures), at: figures.at }), [figures]);
  const memory = useMemo(() => memoryOf(figures.samples), [figures.samples]);
  const totals = useMemo(() => minutes.at.map((_, index) => sum(OUTCOMES.map((name) => minutes.outcomes[name][index]))), [minutes]);
  const none = figures.minutes.length === 0 ? NOTHING_ENDED : null;
  const outcomes = useMemo(() => heap(minutes.outcomes), [minutes]);
  const queue = useMemo(() => halves(minutes.queue), [minutes]);
  const run = useMemo(() => halves(minutes.run), [minutes]);
  const use = useMemo<Line[]>(
    () => [
      { label: "In use", color: "accent", values: memory.used, shape: "area" },
      { label: "Limits together", color: "edge", values: memory.limit, shape: "limit" },
    ],
    [memory],
  );
  const since = minutes.at[0] ?? at;
  return (
    <div className="charts">
      <Chart
        title="Executions a minute" at={minutes.at} lines={outcomes} format={count} empty={none}
        summary={`Executions that ended, minute by minute since ${hour(since)}: ${count(sum(totals))} in all, ${count(Math.max(0, ...totals))} at most in a minute`}
      />
      <Chart
        title="Memory of kernels" at={memory.at} lines={use} format={size}
        empty={memory.at.length === 0 ? "No sample yet: one is taken every 10 s." : null}
        summary={`Memory of all kernels together: ${size(last(memory.used))} of ${size(last(memory.limit))}, at most ${size(most(memory.used))}`}
      />
      <Chart
        title="Time in the queue" at={minutes.at} lines={queue} format={duration} empty={none}
        summary={`How long executions waited, by the minute: half of them at most ${duration(most(minutes.queue.p50))}, 95 % at most ${duration(most(minutes.queue.p95))}`}
      />
      <Chart
        title="Time of running" at={minutes.at} lines={run} format={duration} empty={none}
        summary={`How long executions ran, by the minute: half of them at most ${duration(most(minutes.run.p50))}, 95 % at most ${duration(most(minutes.run.p95))}`}
      />
    </div>
  );
}

// Drawn from the top of the heap down, so that each covers the lower part of the one behind it.
function heap(outcomes: Record<Outcome, number[]>): Line[] {
  const there = OUTCOMES.filter((name) => name === "succeeded" || name === "failed" || outcomes[name].some((value) => value > 0));
  const tops = stacked(there.map((name) => outcomes[name]));
  return there
    .map((name, index): Line => {
      const top = tops[index] ?? [];
      return { label: lookOf(name).word, color: COLORS[name], values: outcomes[name], tops: top, shape: "bar" };
    })
    .reverse();
}

function halves({ p50, p95 }: { p50: (number | null)[]; p95: (number | null)[] }): Line[] {
  return [
    { label: "Half of them at most", color: "accent", values: p50 },
    { label: "95 % at most", color: "bar-orange", values: p95 },
  ];
}

const sum = (values: readonly (number | undefined)[]): number => values.reduce<number>((all, one) => all + (one ?? 0), 0);
const most = (values: readonly (number | null)[]): number => Math.max(0, ...values.map((one) => one ?? 0));
const last = (values: readonly (number | null)[]): number => values.at(-1) ?? 0;
