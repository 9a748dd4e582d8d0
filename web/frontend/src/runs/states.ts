// What states of runs and nodes mean to a page. Pure.
import type { Counts, NodeRun, NodeState, RunRow } from "../api/runs";
import { counted } from "../words/sizes";

export const isOpen = (state: string): boolean => state === "queued" || state === "running";
export const isResumable = ({ state }: RunRow): boolean => state === "failed" || state === "cancelled" || state === "timed_out";

const ORDER: NodeState[] = ["failed", "timed_out", "lost", "running", "pending", "succeeded", "cached", "cancelled", "skipped"];
const BARS: Record<NodeState, string> = {
  failed: "red", timed_out: "red", lost: "red", running: "orange", pending: "line", succeeded: "green", cached: "teal",
  cancelled: "slate", skipped: "slate",
};
const WORDS: Partial<Record<NodeState, string>> = { timed_out: "timed out", pending: "waiting", cached: "from cache" };

export interface Share { state: NodeState; count: number; tone: string }

export function shares(counts: Counts): Share[] {
  return ORDER.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count > 0 ? [{ state, count, tone: BARS[state] }] : [];
  });
}

export function toneOf(state: string): string {
  return BARS[state as NodeState] ?? "line";
}

export function countsInWords(counts: Counts): string {
  const all = shares(counts);
  const nodes = all.reduce((sum, one) => sum + one.count, 0);
  if (nodes === 0) return "no node";
  if (all.length === 1 && all[0]) return `${counted(nodes, "node")} ${wordOf(all[0].state)}`;
  return `${counted(nodes, "node")}: ${all.map((one) => `${one.count} ${wordOf(one.state)}`).join(", ")}`;
}

const wordOf = (state: NodeState): string => WORDS[state] ?? state;

const TRIGGERS: Record<string, string> = {
  manual: "by hand", schedule: "by schedule", file: "by a new file", flow: "after a flow", resume: "resumed", rerun: "run again",
};
export const triggerWord = (trigger: string): string => TRIGGERS[trigger] ?? trigger;

// How long it took, or takes till now; null: it has not begun.
export function tookSeconds(row: Pick<RunRow, "started_at" | "finished_at">, now: number): number | null {
  if (row.started_at === null) return null;
  const end = row.finished_at === null ? now : Date.parse(row.finished_at);
  return Math.max(0, end - Date.parse(row.started_at)) / 1000;
}

export const isTrouble = ({ state }: Pick<NodeRun, "state">): boolean =>
  state === "failed" || state === "timed_out" || state === "lost";

// Why it is as it is, in a line.
export function lineOf(node: Pick<NodeRun, "error" | "reason">): string | null {
  if (node.error !== null) {
    const first = node.error.message.split("\n", 1)[0] ?? "";
    return first ? `${node.error.type}: ${first}` : node.error.type;
  }
  return node.reason;
}
