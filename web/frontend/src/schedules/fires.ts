// What became of a schedule's slots. Pure.
import type { Fire } from "../api/schedules";
import { toneOf } from "../runs/states";
import { lookOf } from "../parts/StateChip";

const TONES: Record<string, string> = { started: "green", queued: "slate", waiting: "slate", skipped: "slate", missed: "orange", failed: "red" };
const OPEN: ReadonlySet<string> = new Set(["queued", "running"]);

// The run's own state says more than that it was started.
export function stateOf({ outcome, run_state }: Fire): string {
  return run_state && (outcome === "started" || outcome === "queued") ? run_state : outcome;
}

export function fireTone(fire: Fire): string {
  const state = stateOf(fire);
  if (state !== fire.outcome) return OPEN.has(state) ? "orange" : toneOf(state);
  return TONES[state] ?? "line";
}

export function stripInWords(fires: readonly Fire[]): string {
  if (fires.length === 0) return "It never fired";
  const counts = new Map<string, number>();
  for (const fire of fires) {
    const word = lookOf(stateOf(fire)).word.toLowerCase();
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return `Last ${fires.length}: ${[...counts].map(([word, count]) => `${count} ${word}`).join(", ")}`;
}
