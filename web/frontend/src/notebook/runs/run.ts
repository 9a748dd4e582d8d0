// One execution as a page knows it: from the ledger, and from events as they come.
import type { ExecutionSummary, RecordedExecution } from "../../api/types";
import type {
  Bundle, CellError, ExecutionEvent, ExecutionStatus, LogRecord, OutputItem, Result, Truncated,
} from "../../live/events";
import { Output } from "./output";
import { artifactOf, outputOf, publishedIn, withOne, type Published } from "./published";

export interface Bar { label: string; done: number; total: number | null }

const OPEN: ReadonlySet<string> = new Set(["queued", "running"]);

export class Run {
  status: ExecutionStatus = "queued";
  position = 0;
  count: number | null = null;
  startedAt: number | null = null;
  wall: number | null = null;
  memoryPeak: number | null = null;
  error: CellError | null = null;
  // Of the runner that it ran in, and its variables with it.
  generation: string | null = null;
  cancelAskedAt: number | null = null;
  output = new Output();
  logs: LogRecord[] = [];
  truncated: Truncated[] = [];
  published: Published[] = [];
  readonly bars = new Map<string, Bar>();
  // Whether its events are known from the first on: else they cannot be put together.
  whole = false;
  loaded = false;
  version = 0;
  private seq = -1;

  constructor(readonly id: string) {}

  get ended(): boolean {
    return !OPEN.has(this.status);
  }

  // Returns whether anything is different now.
  take(event: ExecutionEvent): boolean {
    if (this.ended && this.loaded) return false;
    if (event.type === "finished") {
      this.finish(event.result);
      return true;
    }
    if (event.type === "started" && !this.whole) this.begin();
    else if (!this.whole || event.seq <= this.seq) return false;
    this.seq = event.seq;
    this.apply(event);
    return true;
  }

  // A row of a list: no output in it.
  summarise(row: ExecutionSummary): void {
    // A row that was read before it began may come after its end.
    this.count = row.execution_count ?? this.count;
    this.generation = row.generation ?? this.generation;
    if (this.ended) return;
    this.position = row.position;
    this.startedAt = seconds(row.started_at) ?? this.startedAt;
    if (row.cancel_requested_at) this.cancelAskedAt ??= Date.now();
    if (row.status === "running") this.status = "running";
    else if (!OPEN.has(row.status)) this.endedAs(row);
  }

  // How it ended is known before its output is.
  private endedAs(row: ExecutionSummary): void {
    this.status = row.status;
    this.position = 0;
    this.wall = row.wall_s ?? null;
    this.memoryPeak = row.memory_peak_bytes ?? null;
  }

  // The whole row. While it runs, what events have put together is newer.
  load(row: RecordedExecution): void {
    this.summarise(row);
    if (this.ended && this.loaded) return;
    if (OPEN.has(row.status)) {
      if (!this.whole) this.show(row.items, row.logs);
      return;
    }
    this.finish({
      ...row,
      wall_s: row.wall_s ?? null,
      memory_peak_bytes: row.memory_peak_bytes ?? null,
      started_at: seconds(row.started_at),
      finished_at: seconds(row.finished_at),
      items: row.items as OutputItem[],
      artifacts_published: row.artifacts.published,
      artifacts_deleted: row.artifacts.deleted,
    });
  }

  private begin(): void {
    this.whole = true;
    this.published = [];
    this.show([], []);
    this.bars.clear();
  }

  private show(items: readonly { kind: string }[], logs: readonly LogRecord[] | undefined): void {
    this.output = Output.of(items as OutputItem[]);
    this.logs = [...(logs ?? [])];
  }

  private apply(event: Exclude<ExecutionEvent, { type: "finished" }>): void {
    switch (event.type) {
      case "started":
        this.status = "running";
        this.generation = event.generation;
        this.position = 0;
        this.startedAt = event.at;
        return;
      case "stream":
        return this.output.stream(event.name, event.text, event.skipped_bytes ?? 0);
      case "display":
        return this.output.display(event.display_id, event.title, event.data);
      case "update_display":
        return this.output.update(event.display_id, event.title, event.data);
      case "clear_output":
        return this.output.clear(event.wait ?? false);
      case "log":
        this.logs.push({ at: event.at, level: event.level, message: event.message });
        return;
      case "output":
        this.published = withOne(this.published, outputOf(event));
        return;
      case "artifact":
        this.published = withOne(this.published, artifactOf(event));
        return;
      case "progress":
        this.bars.set(event.progress_id, { label: event.label, done: event.done, total: event.total ?? null });
    }
  }

  private finish(result: Result): void {
    this.status = result.status;
    this.position = 0;
    this.loaded = true;
    this.count = result.execution_count ?? this.count;
    this.generation = result.generation ?? this.generation;
    this.startedAt = result.started_at ?? this.startedAt;
    this.wall = result.wall_s ?? null;
    this.memoryPeak = result.memory_peak_bytes ?? null;
    this.error = result.error ?? null;
    this.truncated = result.truncated ?? [];
    this.published = publishedIn(result);
    this.bars.clear();
    this.show(result.items, result.logs);
  }
}

export type { Bundle };

function seconds(moment: string | null | undefined): number | null {
  return moment ? Date.parse(moment) / 1000 : null;
}
