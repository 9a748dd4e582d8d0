// Figures as charts take them: columns over time, with the minutes filled in which nothing happened.
import type { Figures, Minute, Sample } from "../api/figures";

export const MINUTE_S = 60;
export const SHOWN_MINUTES = 60;
const KEPT_SAMPLES = 400;
export const OUTCOMES = ["succeeded", "failed", "timed_out", "lost", "cancelled", "skipped"] as const;
export type Outcome = (typeof OUTCOMES)[number];

// The stream tells the newest minutes and sample; the rest is there already.
export function merged(before: Figures | undefined, news: Figures): Figures {
  if (!before) return news;
  return {
    ...news,
    minutes: joined(before.minutes, news.minutes).filter((one) => one.at > news.at - (SHOWN_MINUTES + 1) * MINUTE_S),
    samples: joined(before.samples, news.samples).slice(-KEPT_SAMPLES),
  };
}

function joined<T extends { at: number }>(before: readonly T[], news: readonly T[]): T[] {
  const by = new Map([...before, ...news].map((one) => [one.at, one]));
  return [...by.values()].sort((a, b) => a.at - b.at);
}

export interface Minutes {
  at: number[];
  outcomes: Record<Outcome, number[]>;
  queue: { p50: (number | null)[]; p95: (number | null)[] };
  run: { p50: (number | null)[]; p95: (number | null)[] };
}

// The last hour, the minute that goes on included.
export function minutesOf({ at: now, minutes, minutes_since: since }: Figures): Minutes {
  const last = Math.floor(now / MINUTE_S) * MINUTE_S;
  const known = new Map(minutes.map((one) => [one.at, one]));
  const at = Array.from({ length: SHOWN_MINUTES }, (_, index) => last - (SHOWN_MINUTES - 1 - index) * MINUTE_S).filter(
    (one) => one >= since,
  );
  const of = <T,>(pick: (minute: Minute) => T, without: T): T[] =>
    at.map((one) => {
      const minute = known.get(one);
      return minute ? pick(minute) : without;
    });
  const outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, of((one) => one.outcomes[name], 0)]));
  return {
    at,
    outcomes: outcomes as Record<Outcome, number[]>,
    queue: { p50: of((one) => one.queue_p50_s, null), p95: of((one) => one.queue_p95_s, null) },
    run: { p50: of((one) => one.run_p50_s, null), p95: of((one) => one.run_p95_s, null) },
  };
}

// Two samples further apart than this have a gap between them: nobody took any.
const GAP_S = 45;

export interface Memory { at: number[]; used: (number | null)[]; limit: (number | null)[] }

export function memoryOf(samples: readonly Sample[]): Memory {
  const found: Memory = { at: [], used: [], limit: [] };
  const put = (at: number, used: number | null, limit: number | null): void => {
    found.at.push(at);
    found.used.push(used);
    found.limit.push(limit);
  };
  samples.forEach((one, index) => {
    const before = samples[index - 1];
    if (before && one.at - before.at > GAP_S) put(before.at + 1, null, null);
    put(one.at, one.used, one.limit);
  });
  return found;
}

// Each over those before it, for bars on top of each other.
export function stacked(columns: readonly (readonly number[])[]): number[][] {
  const sums: number[][] = [];
  columns.forEach((column, index) => {
    sums.push(column.map((value, at) => value + (sums[index - 1]?.[at] ?? 0)));
  });
  return sums;
}
