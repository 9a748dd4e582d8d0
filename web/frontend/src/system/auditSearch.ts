// The audit's filter as it stands in the address, and as the API takes it.

export interface AuditSearch { actor?: string; action?: string; kernel?: string; since?: string; until?: string }
const NAMES = ["actor", "action", "kernel", "since", "until"] as const;
const PER_PAGE = "50";

export function readSearch(search: Record<string, unknown>): AuditSearch {
  const found: AuditSearch = {};
  for (const name of NAMES) {
    const value = search[name];
    // An address may hold anything; a number is what the router makes of digits.
    const text = typeof value === "number" ? String(value) : value;
    found[name] = typeof text === "string" && text !== "" ? text : undefined;
  }
  return found;
}

export function isNarrowed(search: AuditSearch): boolean {
  return NAMES.some((name) => search[name] !== undefined);
}

// Days are the reader's: `until` is a day that still counts.
export function asQuery(search: AuditSearch, after: string): Record<string, string> {
  const query: Record<string, string> = { limit: PER_PAGE };
  if (after !== "") query["after"] = after;
  if (search.actor) query["actor"] = search.actor;
  if (search.action) query["action"] = search.action;
  if (search.kernel) query["kernel"] = search.kernel;
  const since = midnight(search.since, 0);
  const until = midnight(search.until, 1);
  if (since) query["since"] = since;
  if (until) query["until"] = until;
  return query;
}

function midnight(day: string | undefined, later: number): string | null {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? "") ?? [];
  if (year === undefined) return null;
  const at = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
