// What the page of runs shows, as it stands in the address. Pure.

export interface RunsSearch { flow?: string; state?: string; trigger?: string; schedule?: string; group?: string }
export interface RunSearch { node?: string; tab?: Tab; level?: string; find?: string }
export type Tab = "timeline" | "graph" | "nodes";

const NAMES = ["flow", "state", "trigger", "schedule", "group"] as const;
export const STATES = ["queued", "running", "succeeded", "failed", "cancelled", "timed_out", "skipped"];
export const TRIGGERS = ["manual", "schedule", "file", "flow", "resume", "rerun"];
export const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"];
const PER_PAGE = "50";

export function readRuns(search: Record<string, unknown>): RunsSearch {
  const found: RunsSearch = {};
  // Undefined has to be said: what is left out is there all the same, unchecked.
  for (const name of NAMES) found[name] = textIn(search[name]);
  return found;
}

export function readRun(search: Record<string, unknown>): RunSearch {
  const tab = textIn(search["tab"]);
  const level = textIn(search["level"]);
  return {
    node: textIn(search["node"]),
    tab: tab === "graph" || tab === "nodes" ? tab : undefined,
    level: level !== undefined && LEVELS.includes(level) ? level : undefined,
    find: textIn(search["find"]),
  };
}

export function isNarrowed(search: RunsSearch): boolean {
  return NAMES.some((name) => search[name] !== undefined);
}

export function asQuery(search: RunsSearch, after: string): Record<string, string> {
  const query: Record<string, string> = { limit: PER_PAGE };
  if (after !== "") query["after"] = after;
  for (const name of NAMES) {
    const value = search[name];
    if (value) query[name] = value;
  }
  return query;
}

export function textIn(value: unknown): string | undefined {
  // Digits are a number to the router.
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? text : undefined;
}
