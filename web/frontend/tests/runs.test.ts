import { afterEach, beforeEach, expect, test, vi } from "vitest";

const row = {
  id: "k-1", kernel_id: "k", status: "running", position: 0, items: [], logs: [], execution_count: null,
  started_at: "2026-01-01T00:00:10+00:00",
};
const execution = vi.fn(() => Promise.resolve(row));
const replay = vi.fn();
const executionsOf = vi.fn((ids: readonly string[]) => Promise.resolve(answerTo(ids)));
vi.mock("../src/api/calls", () => ({ execution: () => execution(), executionsOf: (ids: string[]) => executionsOf(ids) }));
vi.mock("../src/live/connection", () => ({ live: { replay: (...what: unknown[]) => void replay(...what) } }));

const head = { id: null, kernel_id: "k", execution_id: "k-1", at: 100 };
const progress = { ...head, type: "progress" as const, progress_id: "p", label: "", done: 1 };

// The server's answers hold few of them here, and not what is gone.
function answerTo(ids: readonly string[]): { items: unknown[]; next: string | null } {
  const there = ids.filter((id) => id !== "gone");
  const items = there.slice(0, 7).map((id) => ({ ...row, id, status: "succeeded", artifacts: { published: [], deleted: [] }, outputs: [] }));
  return { items, next: there[7] ?? null };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { hidden: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a run whose middle comes first is asked for its beginning, a few times", async () => {
  const { runs } = await import("../src/notebook/runs/runs");
  for (let seq = 5; seq < 30; seq += 1) {
    runs.take({ ...progress, seq });
    if (seq === 6) await runs.load("k-1");
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(replay).toHaveBeenCalledTimes(3);
  expect(replay).toHaveBeenCalledWith("k", Date.parse(row.started_at) / 1000 - 5);
  expect(runs.get("k-1")?.status).toBe("running");
});

test("its beginning ends the asking", async () => {
  const { runs } = await import("../src/notebook/runs/runs");
  runs.take({ ...head, type: "started", seq: 0, generation: "g" });
  runs.take({ ...progress, seq: 31 });
  execution.mockClear();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(execution).not.toHaveBeenCalled();
  expect(runs.get("k-1")?.bars.size).toBe(1);
});

test("outputs of many come a few at a time, each once, the first ones first", async () => {
  const { runs } = await import("../src/notebook/runs/runs");
  const ids = Array.from({ length: 80 }, (_, n) => (n === 20 ? "gone" : `many-${n}`));
  await Promise.all([runs.loadAll(ids), runs.loadAll(ids)]);
  const asked = executionsOf.mock.calls.map(([some]) => some);
  expect(asked[0]).toEqual(ids.slice(0, 10));
  expect(Math.max(...asked.map((some) => some.length))).toBe(50);
  expect(ids.filter((id) => runs.get(id)?.loaded)).toEqual(ids.filter((id) => id !== "gone"));
  const first = asked.filter((some) => some.includes("many-0"));
  expect(first).toHaveLength(1);
  executionsOf.mockClear();
  await runs.loadAll(ids);
  expect(executionsOf.mock.calls).toEqual([[["gone"]]]);
});

test("a row that was read before a cell began takes nothing from what is known of its end", async () => {
  const { Run } = await import("../src/notebook/runs/run");
  const run = new Run("k-9");
  run.load({ ...row, status: "succeeded", execution_count: 4, artifacts: { published: [], deleted: [] }, outputs: [], truncated: [], logs: [], wall_s: 1 } as never);
  run.summarise({ ...row, status: "queued", execution_count: null } as never);
  expect([run.count, run.status]).toEqual([4, "succeeded"]);
});

test("what ran in a runner that is gone is outlived by the one that lives", async () => {
  const { Run } = await import("../src/notebook/runs/run");
  const { isOutlived } = await import("../src/notebook/cells/living");
  const run = new Run("k-10");
  run.take({ ...head, execution_id: "k-10", type: "started", seq: 0, generation: "g1" });
  expect(isOutlived(run, "g2")).toBe(false);
  run.load({ ...row, id: "k-10", status: "succeeded", generation: "g1", artifacts: { published: [], deleted: [] }, outputs: [], truncated: [], logs: [] } as never);
  expect([isOutlived(run, "g1"), isOutlived(run, "g2"), isOutlived(run, null), isOutlived(undefined, "g2")]).toEqual([false, true, false, false]);
});
