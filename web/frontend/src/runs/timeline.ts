// A run as bars over time, one lane a kernel. Pure.
import type { NodeRun, Run } from "../api/runs";
import { groupBy } from "../words/lists";

export interface Bar {
  node: string;
  name: string;
  state: string;
  row: number;
  // Parts of the whole width: from when it waited, when it ran, and until when.
  queued: number;
  began: number;
  ended: number;
}
export interface Lane { kernel: string | null; rows: number; bars: Bar[] }
export interface Timeline { lanes: Lane[]; from: number; seconds: number; ticks: Tick[] }
export interface Tick { at: number; seconds: number }

const LEAST_S = 0.05;

export function timelineOf(run: Pick<Run, "created_at" | "started_at" | "finished_at" | "nodes">, now: number): Timeline | null {
  const placed = run.nodes.filter((node) => node.created_at !== null && node.kernel_id !== null && node.state !== "skipped");
  const from = Math.min(...placed.map((node) => at(node.created_at)), at(run.started_at ?? run.created_at));
  if (!Number.isFinite(from)) return null;
  const ends = placed.map((node) => at(node.finished_at, now));
  const until = Math.max(from + LEAST_S * 1000, at(run.finished_at, now), ...ends);
  const seconds = (until - from) / 1000;
  const share = (moment: number): number => Math.min(1, Math.max(0, (moment - from) / (until - from)));
  const byKernel = groupBy(placed, (node) => node.kernel_id);
  const lanes = [...byKernel].map(([kernel, nodes]) => laneOf(kernel, nodes, now, share));
  return { lanes, from, seconds, ticks: ticksOf(seconds) };
}

function laneOf(kernel: string | null, nodes: NodeRun[], now: number, share: (moment: number) => number): Lane {
  const free: number[] = [];
  const sorted = [...nodes].sort((a, b) => at(a.created_at) - at(b.created_at) || (a.node_id < b.node_id ? -1 : 1));
  const bars = sorted.map((node): Bar => {
    const queued = share(at(node.created_at));
    const ended = share(at(node.finished_at, now));
    const began = Math.min(ended, share(at(node.started_at, node.finished_at === null ? now : at(node.finished_at))));
    // The first row in which nothing is at that time any more.
    let row = free.findIndex((end) => end <= queued + 1e-9);
    if (row < 0) row = free.length;
    free[row] = ended;
    return { node: node.node_id, name: node.name, state: node.state, row, queued, began, ended };
  });
  return { kernel, rows: free.length, bars };
}

function at(moment: string | null, otherwise = Number.POSITIVE_INFINITY): number {
  return moment === null ? otherwise : Date.parse(moment);
}

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];
const MOST_TICKS = 6;

export function ticksOf(seconds: number): Tick[] {
  const step = STEPS.find((one) => seconds / one <= MOST_TICKS) ?? Math.ceil(seconds / MOST_TICKS / 86_400) * 86_400;
  const ticks: Tick[] = [];
  for (let index = 0; index * step <= seconds; index += 1) ticks.push({ at: (index * step) / seconds, seconds: index * step });
  return ticks;
}
