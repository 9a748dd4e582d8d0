// What the server's event stream says; the names are the wire's.
import type { Figures } from "../api/figures";
import type { NodeRun, RunRow } from "../api/runs";

export type Content = string | number | boolean | null | { [key: string]: unknown } | unknown[];
export interface Reference { ref: string; size: number }
export type Bundle = Record<string, Content>;

export interface CellError { type: string; message: string; traceback: string[]; line?: number | null }
export interface OutputItem {
  kind: string;
  name?: string | null;
  text?: string | null;
  display_id?: string | null;
  title?: string | null;
  data?: Bundle | null;
}
export interface LogRecord { at: number; level: string; message: string; logger?: string }
export interface Truncated { name: string; total_bytes: number; kept_bytes: number; full?: string | null }

export type ExecutionStatus =
  | "queued" | "running" | "succeeded" | "failed" | "cancelled" | "timed_out" | "lost" | "skipped";

export interface Result {
  status: ExecutionStatus;
  execution_count?: number | null;
  generation?: string | null;
  started_at?: number | null;
  finished_at?: number | null;
  wall_s?: number | null;
  memory_peak_bytes?: number | null;
  items: OutputItem[];
  truncated?: Truncated[];
  logs?: LogRecord[];
  error?: CellError | null;
  outputs?: unknown[];
  artifacts_published?: unknown[];
  artifacts_deleted?: unknown[];
}

interface OfExecution { id: string | null; kernel_id: string; execution_id: string; seq: number; at: number }
export type ExecutionEvent = OfExecution & (
  | { type: "started"; generation: string }
  | { type: "stream"; name: string; text: string; skipped_bytes?: number }
  | { type: "display" | "update_display"; display_id: string; title: string; data: Bundle }
  | { type: "clear_output"; wait?: boolean }
  | { type: "log"; level: string; message: string; logger?: string }
  | { type: "progress"; progress_id: string; label: string; done: number; total?: number | null }
  | { type: "output"; name: string; rows: number | null; size: number }
  | { type: "artifact"; name: string; action: string; type_name: string; size: number }
  | { type: "finished"; result: Result }
);

export interface Pulse {
  type: "pulse";
  kernel_id: string;
  at: number;
  memory_bytes: number;
  memory_limit_bytes: number;
  execution_id: string | null;
  running_since: number | null;
}

export type KernelEvent =
  | { type: "kernel"; kernel_id: string; kernel: unknown }
  | { type: "ready"; kernel_id: string }
  | { type: "runner_ended"; kernel_id: string; reason: string; message: string; at: number }
  | { type: "namespace_ended"; kernel_id: string; flow_id: string; reason: string }
  | { type: "gap"; kernel_id: string };

// Null: it is gone.
export type RunEvent =
  | { type: "run"; run_id: string; run: RunRow | null }
  | { type: "node"; run_id: string; node: NodeRun };

// Lists of one's own that changed: who shows them asks again.
export type ListName = "artifacts" | "catalog" | "files" | "logs";
export interface ListEvent { type: "changed"; list: ListName }

export interface SystemEvent { type: "system"; figures: Figures }

export type LiveEvent = ExecutionEvent | Pulse | KernelEvent | RunEvent | ListEvent | SystemEvent;
export const OF_EXECUTIONS: ReadonlySet<string> = new Set([
  "started", "stream", "display", "update_display", "clear_output", "log", "progress", "output", "artifact",
  "finished",
]);

export function isOfExecution(event: LiveEvent): event is ExecutionEvent {
  return OF_EXECUTIONS.has(event.type);
}
