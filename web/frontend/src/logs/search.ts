// What the page of logs shows, as it stands in the address. Pure.

export interface LogsSearch {
  level?: string;
  flow?: string;
  node?: string;
  kernel?: string;
  run?: string;
  execution?: string;
  q?: string;
  // One of `SPANS`, or a moment in ISO 8601.
  since?: string;
  until?: string;
}

export const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
export const SPANS: Record<string, { words: string; seconds: number }> = {
  "15m": { words: "the last 15 minutes", seconds: 900 },
  "1h": { words: "the last hour", seconds: 3_600 },
  "1d": { words: "the last day", seconds: 86_400 },
  "7d": { words: "the last week", seconds: 7 * 86_400 },
};

// As the API takes them: what an address says otherwise is left out.
const FLOW = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const KERNEL = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const RUN = /^[A-Za-z0-9]{12}$/;
const EXECUTION = /^[A-Za-z0-9]{12}-[0-9a-f-]{36}$/;

export function readLogs(search: Record<string, unknown>): LogsSearch {
  const level = textIn(search["level"])?.toUpperCase();
  return {
    level: level !== undefined && LEVELS.includes(level) ? level : undefined,
    flow: like(FLOW, search["flow"]),
    node: like(FLOW, search["node"]),
    kernel: like(KERNEL, search["kernel"]),
    run: like(RUN, search["run"]),
    execution: like(EXECUTION, search["execution"]),
    q: textIn(search["q"])?.slice(0, 200),
    since: momentIn(search["since"]),
    until: momentIn(search["until"], false),
  };
}

function textIn(value: unknown): string | undefined {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? text.trim() : undefined;
}

function like(pattern: RegExp, value: unknown): string | undefined {
  const text = textIn(value);
  return text !== undefined && pattern.test(text) ? text : undefined;
}

function momentIn(value: unknown, spans = true): string | undefined {
  const text = textIn(value);
  if (text === undefined) return undefined;
  return (spans && text in SPANS) || !Number.isNaN(Date.parse(text)) ? text : undefined;
}

// What the API is asked, at this moment.
export function queryOf(search: LogsSearch, now: number): Record<string, string> {
  const { since, until, ...plain } = search;
  const asked: Record<string, string> = {};
  for (const [name, value] of Object.entries(plain)) if (value !== undefined) asked[name] = value as string;
  if (since !== undefined) asked["since"] = iso(since in SPANS ? now - (SPANS[since]?.seconds ?? 0) * 1000 : Date.parse(since));
  if (until !== undefined) asked["until"] = iso(Date.parse(until));
  return asked;
}

const iso = (at: number): string => new Date(at).toISOString();

export function isNarrowed(search: LogsSearch): boolean {
  return Object.values(search).some((value) => value !== undefined);
}

export const NOTHING: LogsSearch = {
  level: undefined, flow: undefined, node: undefined, kernel: undefined, run: undefined, execution: undefined, q: undefined,
  since: undefined, until: undefined,
};

// A moment as a field of the page has it, in its own time; and the other way round.
export function toField(moment: string | undefined): string {
  const at = moment === undefined ? Number.NaN : Date.parse(moment);
  if (Number.isNaN(at)) return "";
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromField(text: string): string | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : iso(at);
}
