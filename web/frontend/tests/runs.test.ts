import { afterEach, beforeEach, expect, test, vi } from "vitest";

const row = {
  id: "k-1", kernel_id: "k", status: "running", position: 0, items: [], logs: [], execution_count: null,
  started_at: "2026-01-01T00:00:10+00:00",
};
const execution = vi.fn(() => Promise.resolve(row));
const replay = vi.fn();
vi.mock("../src/api/calls", () => ({ execution: () => execution() }));
vi.mock("../src/live/connection", () => ({ live: { replay: (...what: unknown[]) => void replay(...what) } }));

const head = { id: null, kernel_id: "k", execution_id: "k-1", at: 100 };
const progress = { ...head, type: "progress" as const, progress_id: "p", label: "", done: 1 };

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
