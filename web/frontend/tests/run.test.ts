import { describe, expect, test } from "vitest";
import type { Execution } from "../src/api/types";
import type { ExecutionEvent, Result } from "../src/live/events";
import { Run } from "../src/notebook/runs/run";

const head = { id: null, kernel_id: "k", execution_id: "k-1", at: 100 };
const started: ExecutionEvent = { ...head, seq: 0, type: "started", generation: "g" };
const text = (seq: number, words: string): ExecutionEvent => ({ ...head, seq, type: "stream", name: "stdout", text: words });
const result: Result = { status: "succeeded", execution_count: 7, wall_s: 1, items: [{ kind: "stream", name: "stdout", text: "abc" }] };
const finished: ExecutionEvent = { ...head, seq: 9, type: "finished", result };

function shown(run: Run): string {
  return run.output.blocks.map((block) => (block.kind === "text" ? block.text.plain() : block.kind)).join("|");
}

function fed(...events: ExecutionEvent[]): Run {
  const run = new Run("k-1");
  for (const event of events) run.take(event);
  return run;
}

describe("a run", () => {
  test("puts events together", () => expect(shown(fed(started, text(1, "a"), text(2, "b")))).toBe("ab"));
  test("takes events that come again once", () => {
    expect(shown(fed(started, text(1, "a"), started, text(1, "a"), text(2, "b")))).toBe("ab");
  });
  test("shows nothing of events whose beginning it has not seen", () => expect(shown(fed(text(5, "middle")))).toBe(""));
  test("begins anew when the beginning is replayed", () => expect(shown(fed(text(5, "x"), started, text(1, "a")))).toBe("a"));
  test("ends with the whole result", () => {
    const run = fed(started, text(1, "a"), finished);
    expect([run.status, run.count, shown(run)]).toEqual(["succeeded", 7, "abc"]);
  });
  test("is not changed by what comes after its end", () => {
    expect(shown(fed(started, finished, started, text(1, "again")))).toBe("abc");
  });
  test("keeps what it put together when the ledger's older copy comes", () => {
    const run = fed(started, text(1, "abc"));
    const row = { status: "running", position: 0, items: [], logs: [], execution_count: null, started_at: null };
    run.load(row as unknown as Execution);
    expect(shown(run)).toBe("abc");
  });
  test("clears when told to, at once or with the next output", () => {
    const clear = (seq: number, wait: boolean): ExecutionEvent => ({ ...head, seq, type: "clear_output", wait });
    expect(shown(fed(started, text(1, "a"), clear(2, false)))).toBe("");
    expect(shown(fed(started, text(1, "a"), clear(2, true)))).toBe("a");
    expect(shown(fed(started, text(1, "a"), clear(2, true), text(3, "b")))).toBe("b");
  });
});
