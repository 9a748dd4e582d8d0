// Levels of log lines, and lines that come while a node runs. Pure.
import type { RunLog } from "../api/runs";
import type { LogRecord } from "../live/events";

const RANK: Record<string, number> = { DEBUG: 10, INFO: 20, WARNING: 30, WARN: 30, ERROR: 40, CRITICAL: 50 };
const MOST_LIVE = 2_000;
// Kernels of them all are followed, and a stream follows fifty.
export const MOST_FOLLOWED = 40;

export interface Followed { node: string; execution: string; kernel: string; flow: string }
export interface Wanted { node?: string | undefined; level?: string | undefined; find?: string | undefined }

// A level that is none of ours counts as INFO.
export const rankOf = (level: string): number => RANK[level.toUpperCase()] ?? 20;
export const toneOfLevel = (level: string): string => (rankOf(level) >= 40 ? "red" : rankOf(level) >= 30 ? "amber" : "slate");

export function liveLines({ node, execution, kernel, flow }: Followed, logs: readonly LogRecord[]): RunLog[] {
  return logs.slice(-MOST_LIVE).map(({ at, level, message, logger }) => ({
    at: new Date(at * 1000).toISOString(), level, message, logger: logger ?? "flowfile",
    kernel_id: kernel, flow_id: flow, node_id: node, execution_id: execution,
  }));
}

// As the ledger narrows them.
export function isLike(line: RunLog, { node, level, find }: Wanted): boolean {
  if (node && line.node_id !== node) return false;
  if (level && rankOf(line.level) < rankOf(level)) return false;
  return !find || line.message.toLowerCase().includes(find.toLowerCase());
}

// In the order in which they were logged: recorded ones come execution by execution.
export function inOrder(recorded: readonly RunLog[], live: readonly RunLog[]): RunLog[] {
  const at = (line: RunLog): number => (line.at === null ? 0 : Date.parse(line.at));
  return [...recorded, ...live].sort((one, other) => at(one) - at(other));
}
