// Calls about what executions logged.
import { get } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

export type LogLine = components["schemas"]["LogLineShape"];
export const PER_PAGE = 100;

// The newest first.
export function logs(wanted: Record<string, string>, after: string): Promise<Page<LogLine>> {
  const query = new URLSearchParams({ ...wanted, limit: String(PER_PAGE), ...(after && { after }) });
  return get(`/logs?${query.toString()}`);
}
