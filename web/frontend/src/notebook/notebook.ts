// What one page of cells does: it ties cells to executions, and follows what their kernel does.
import { cancel, restartNamespace, runBatch, runCell } from "../api/calls";
import { ApiError } from "../api/client";
import type { Kernel } from "../api/types";
import { isOfExecution, type LiveEvent } from "../live/events";
import { newId } from "../words/ids";
import type { CellDocument } from "./cells/document";
import { Sends, SOON_MS } from "./cells/sends";
import { bind, clearKept, clearOutputs, markStale, type Cell } from "./cells/sheet";
import { restarted } from "./help/restarts";
import type { Place } from "./place";
import { Erasures, eraseOutputs } from "./recorded";
import type { Recording } from "./recordings";
import { runs } from "./runs/runs";

// So long another tab, or the answer to a request of this one, may take to say whose an execution is.
const WHOSE_MS = 600;
// While many cells run, a kernel says something new all the time.
const AGAIN_MS = 300;

const NOT_ERASED = "Outputs of cells that ended just now are not recorded yet, so they are there still. "
  + "All others are erased. Clear outputs again in a moment.";
const NO_KERNEL = "Kernel required: choose one above, then run the cell again. Nothing was sent.";

export class Notebook {
  readonly sends = new Sends();
  private syncing: Promise<void> | null = null;
  private again = false;
  private readonly erasures = new Erasures();
  // Cells that were bound since the ledger was asked last.
  private meanwhile = new Set<string>();

  constructor(readonly place: Place, readonly store: CellDocument, private readonly recording: Recording) {}

  get hasText(): boolean {
    return this.place.hasText;
  }

  take(event: LiveEvent): void {
    if (!("kernel_id" in event) || event.kernel_id !== this.place.kernel) return;
    if (isOfExecution(event)) {
      runs.take(event);
      const id = event.execution_id;
      if (event.type === "started" && !this.knows(id)) setTimeout(() => this.askWhose(id), WHOSE_MS);
    } else if (event.type === "gap") runs.distrust();
    else if (event.type === "kernel" && this.behind(event.kernel as Kernel | null)) void this.sync();
  }

  // When outputs were last erased, by whomever; the first time it is only noted.
  noteCleared(at: string | null): void {
    if (this.erasures.note(at)) void this.sync();
  }

  // Positions, and executions that began elsewhere. One at a time: the next begins when the last is done.
  sync(): Promise<void> {
    this.again = this.syncing !== null;
    // Without a connection there is nothing to do but to ask when it is back, which its opening does.
    this.syncing ??= this.ask().catch(() => undefined).finally(() => {
      if (!this.again) return void (this.syncing = null);
      setTimeout(() => {
        this.syncing = null;
        void this.sync();
      }, AGAIN_MS);
    });
    return this.syncing;
  }

  async run(id: string, start = false): Promise<void> {
    const cell = this.cell(id);
    if (!cell || cell.kind !== "code" || cell.code.trim() === "") return;
    const before = this.sends.get(id);
    if (before?.error === null) return;
    const { code } = cell;
    const key = before?.code === code ? before.key : newId();
    this.sends.set(id, { key, code, error: null });
    try {
      const names = this.recording.names(id);
      const accepted = await runCell(this.kernel, { code, start, idempotency_key: key, flow_id: this.place.flow, ...names });
      // The old output stays until there is something new to show: most cells are done by now.
      await runs.ended(accepted.id, SOON_MS);
      this.bind(new Map([[id, accepted]]));
      this.sends.set(id, null);
    } catch (error) {
      this.sends.set(id, { key, code, error });
    }
  }

  async runAll(): Promise<void> {
    const cells = this.store.current.cells.filter((cell) => cell.kind === "code" && cell.code.trim() !== "");
    if (cells.length === 0) return;
    const key = newId();
    this.sends.setAll(cells.map(({ id, code }) => [id, { key, code, error: null }]));
    try {
      const sent = cells.map(({ id, code }) => ({ code, ...this.recording.names(id) }));
      const { executions: accepted } = await runBatch(this.kernel, sent, this.place.flow);
      this.bind(new Map(accepted.map((one, index) => [cells[index]?.id ?? "", one])));
      this.sends.setAll(cells.map(({ id }) => [id, null]));
    } catch (error) {
      const [first] = cells;
      this.sends.setAll(cells.map((cell) => [cell.id, cell === first ? { key: newId(), code: cell.code, error } : null]));
    }
  }

  async cancel(run: string, kill = false): Promise<void> {
    const known = runs.open(run);
    known.cancelAskedAt ??= Date.now();
    runs.mark(known);
    await cancel(run, kill);
  }

  async restart(): Promise<void> {
    const { kernel } = this;
    await restartNamespace(kernel, this.place.flow);
    restarted(kernel, this.place.flow);
    this.store.update(markStale(this.store.current));
  }

  // What has ended is erased, here and everywhere. Throws where some of it could not be yet; the rest is.
  async clear(): Promise<void> {
    const ended = this.runsHere().filter((id) => runs.get(id)?.ended);
    const left = await eraseOutputs(() => this.recording.erase(), () => this.recording.rows(), ended);
    const cleared = clearOutputs(this.store.current, new Set(ended.filter((id) => !left.includes(id))));
    this.store.update(clearKept(cleared));
    if (left.length > 0) throw new Error(NOT_ERASED);
  }

  index(id: string): number {
    return this.store.current.cells.findIndex((cell) => cell.id === id);
  }

  private get kernel(): string {
    if (this.place.kernel === null) throw new ApiError(0, "kernel_required", NO_KERNEL);
    return this.place.kernel;
  }

  private cell(id: string): Cell | undefined {
    return this.store.current.cells[this.index(id)];
  }

  private knows(run: string): boolean {
    return this.store.current.cells.some((cell) => cell.run === run);
  }

  private bind(accepted: ReadonlyMap<string, { id: string; position: number }>): void {
    for (const [cell, { id, position }] of accepted) {
      this.meanwhile.add(cell);
      const known = runs.open(id);
      if (known.status === "queued") runs.mark(Object.assign(known, { position }));
    }
    // Kept a moment later: a result is shown first, and the ledger knows what ran.
    this.store.update(bind(this.store.current, new Map([...accepted].map(([cell, { id }]) => [cell, id]))), true);
  }

  private askWhose(run: string): void {
    if (!this.knows(run)) void this.sync();
  }

  private behind(kernel: Kernel | null): boolean {
    if (kernel === null) return false;
    const unknown = kernel.current_execution !== null && !runs.get(kernel.current_execution);
    return unknown || kernel.queue_length > 0;
  }

  private runsHere(): string[] {
    return this.store.current.cells.flatMap((cell) => (cell.run ? [cell.run] : []));
  }

  private async ask(): Promise<void> {
    this.meanwhile = new Set();
    const ours = await this.recording.rows();
    const erased = await this.erasures.among(ours, this.runsHere());
    this.store.update(clearOutputs(this.store.current, erased));
    for (const row of ours) if (this.knows(row.id)) runs.summarise(row);
    if (this.sends.underWay) return;
    this.store.update(this.recording.adopt(this.store.current, ours, this.meanwhile));
    for (const row of ours) if (this.knows(row.id) && !runs.get(row.id)) runs.summarise(row);
    await runs.loadAll(this.runsHere());
  }
}
