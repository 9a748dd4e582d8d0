import { expect, test } from "vitest";
import type { Figures, Minute, Sample } from "../src/api/figures";
import { memoryOf, merged, minutesOf, stacked } from "../src/system/figures";

const NOW = 7_230;
const outcomes = { succeeded: 1, failed: 0, timed_out: 0, lost: 0, cancelled: 0, skipped: 0 };
const minute = (at: number, succeeded = 1): Minute => ({
  at, outcomes: { ...outcomes, succeeded }, queue_p50_s: 1, queue_p95_s: 2, run_p50_s: 3, run_p95_s: 4,
});
const sample = (at: number, used = 10): Sample => ({ at, used, limit: 100, waiting: 0, running: 0, control: 0 });
const figures = (part: Partial<Figures>): Figures => ({
  at: NOW, queues: [], in_hand: 0, processes: [], kernels: [], kernels_by_state: {}, executions_open: { waiting: 0, running: 0 },
  kernel_restarts: 0, kernel_idle_stops: 0, event_streams: 0, dead_letters: 0, minutes: [], minutes_since: 0, samples: [], ...part,
});

test("an hour of minutes ends with the one that goes on, and those in which nothing ended are zero", () => {
  const found = minutesOf(figures({ minutes: [minute(7_140, 5), minute(7_200, 2)] }));
  expect(found.at.length).toBe(60);
  expect(found.at.at(-1)).toBe(7_200);
  expect(found.outcomes.succeeded.slice(-3)).toEqual([0, 5, 2]);
  expect(found.queue.p50.slice(-3)).toEqual([null, 1, 1]);
});

test("minutes before those that are all known are not shown as empty", () => {
  expect(minutesOf(figures({ minutes_since: 7_080 })).at).toEqual([7_080, 7_140, 7_200]);
});

test("what is new takes the place of what was told of the same minute, and what is old goes", () => {
  const before = figures({ minutes: [minute(1_000), minute(7_140, 1)], samples: [sample(7_190)] });
  const after = merged(before, figures({ minutes: [minute(7_140, 9), minute(7_200)], samples: [sample(7_200)], in_hand: 3 }));
  expect(after.minutes.map(({ at, outcomes: { succeeded } }) => [at, succeeded])).toEqual([[7_140, 9], [7_200, 1]]);
  expect(after.samples.map(({ at }) => at)).toEqual([7_190, 7_200]);
  expect(after.in_hand).toBe(3);
});

test("where no sample was taken for a while the line has a gap", () => {
  const found = memoryOf([sample(100), sample(110, 20), sample(400, 30)]);
  expect(found.at).toEqual([100, 110, 111, 400]);
  expect(found.used).toEqual([10, 20, null, 30]);
});

test("bars stand on each other", () => {
  expect(stacked([[1, 2], [3, 0], [1, 1]])).toEqual([[1, 2], [4, 2], [5, 3]]);
});
