// A schedule as somebody writes it, and as the API takes it. Pure.
import type { CatchUp, Overlap, Schedule, ScheduleBody, ScheduleKind } from "../api/schedules";

export interface Draft {
  flow: string;
  name: string;
  kind: ScheduleKind;
  cron: string;
  every: string;
  unit: string;
  at: string;
  prefix: string;
  pattern: string;
  source: string;
  timezone: string;
  overlap: Overlap;
  catch_up: CatchUp;
  catch_up_limit: string;
  retries: string;
  retry_delay_s: string;
  timeout_s: string;
}

export const KINDS: [ScheduleKind, string][] = [
  ["cron", "Cron"], ["interval", "Interval"], ["once", "Once"], ["file", "New file"], ["flow", "Other flow"],
];
export const UNITS: [string, string][] = [["60", "minutes"], ["3600", "hours"], ["86400", "days"]];
export const OVERLAPS: [Overlap, string][] = [
  ["skip", "skip the new one"], ["queue", "wait until the old one has ended"], ["cancel_previous", "cancel the old one"], ["allow", "run side by side"],
];
export const CATCH_UPS: [CatchUp, string][] = [["none", "leave them out"], ["last", "run the last one"], ["all", "run them all"]];

export function fresh(flow: string, timezone: string): Draft {
  return {
    flow, name: "", kind: "cron", cron: "30 6 * * 1-5", every: "1", unit: "3600", at: "", prefix: "", pattern: "", source: "", timezone,
    overlap: "skip", catch_up: "last", catch_up_limit: "10", retries: "0", retry_delay_s: "60", timeout_s: "",
  };
}

export function draftOf(schedule: Schedule): Draft {
  const { spec } = schedule;
  const seconds = Number(spec["every_s"] ?? 3600);
  const unit = [...UNITS].reverse().find(([one]) => seconds % Number(one) === 0)?.[0] ?? "60";
  return {
    flow: schedule.flow_id, name: schedule.name, kind: schedule.kind, cron: text(spec["cron"]), every: String(seconds / Number(unit)), unit,
    at: text(spec["at"]).slice(0, 16), prefix: text(spec["prefix"]), pattern: text(spec["pattern"]), source: text(spec["flow_id"]),
    timezone: schedule.timezone, overlap: schedule.overlap, catch_up: schedule.catch_up, catch_up_limit: String(schedule.catch_up_limit),
    retries: String(schedule.retries), retry_delay_s: String(schedule.retry_delay_s), timeout_s: schedule.timeout_s === null ? "" : String(schedule.timeout_s),
  };
}

// What it lacks, in words; null: it can be asked about.
export function lacks(draft: Draft): string | null {
  if (draft.flow === "") return "Choose a flow.";
  switch (draft.kind) {
    case "cron":
      return draft.cron.trim() === "" ? "Write when: minute, hour, day of month, month, day of week." : null;
    case "interval":
      return Number(draft.every) > 0 ? null : "Write how often, as a number.";
    case "once":
      return draft.at === "" ? "Choose a moment." : null;
    case "flow":
      return draft.source === "" ? "Choose the flow whose success starts this one." : null;
    case "file":
      return null;
  }
}

export function specOf(draft: Draft): Record<string, unknown> {
  switch (draft.kind) {
    case "cron":
      return { cron: draft.cron.trim() };
    case "interval":
      return { every_s: Number(draft.every) * Number(draft.unit) };
    case "once":
      return { at: draft.at.length === 16 ? `${draft.at}:00` : draft.at };
    case "file":
      return { prefix: draft.prefix.trim(), ...(draft.pattern.trim() && { pattern: draft.pattern.trim() }) };
    case "flow":
      return { flow_id: draft.source };
  }
}

export function bodyOf(draft: Draft, parameters: Record<string, unknown>): ScheduleBody {
  return {
    name: draft.name.trim(), kind: draft.kind, spec: specOf(draft), timezone: draft.timezone.trim(), parameters, overlap: draft.overlap, catch_up: draft.catch_up,
    catch_up_limit: whole(draft.catch_up_limit, 10), retries: whole(draft.retries, 0), retry_delay_s: Number(draft.retry_delay_s) || 60,
    timeout_s: draft.timeout_s.trim() === "" ? null : Number(draft.timeout_s),
  };
}

function whole(written: string, otherwise: number): number {
  const value = Number(written);
  return written.trim() !== "" && Number.isInteger(value) ? value : otherwise;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
