import { afterEach, expect, test, vi } from "vitest";
import type { ExecutionSummary } from "../src/api/types";
import { Erasures, eraseNamespace, eraseOutputs, rowsOf } from "../src/notebook/recorded";

const NOW = "2026-01-01T00:00:00Z";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const row = (id: string, cleared_at: string | null): Partial<ExecutionSummary> => ({ id, flow_id: null, cleared_at });

// Answers of the server by what is asked; returns what was asked.
function server(answer: (path: string) => [number, unknown]): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    const [status, body] = answer(path);
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status }));
  });
  return asked;
}

test("what the ledger does not let go of is told, and nothing else", async () => {
  vi.useFakeTimers();
  server((path) => (path.includes("outputs") ? [204, null] : [200, { items: [row("old", NOW), row("new", null)] }]));
  const left = eraseOutputs(() => eraseNamespace("kernel", null), () => rowsOf("kernel", null), ["old", "new"]);
  await vi.runAllTimersAsync();
  expect(await left).toEqual(["new"]);
});

test("what is recorded a moment later is erased then", async () => {
  vi.useFakeTimers();
  let listed = 0;
  server((path) => (path.includes("outputs") ? [204, null] : [200, { items: [row("new", (listed += 1) > 1 ? NOW : null)] }]));
  const left = eraseOutputs(() => eraseNamespace("kernel", null), () => rowsOf("kernel", null), ["new"]);
  await vi.runAllTimersAsync();
  expect(await left).toEqual([]);
  expect(listed).toBe(2);
});

test("an older execution that did not answer is asked for again, one that is gone is not", async () => {
  let status = 503;
  const asked = server(() => (status === 200 ? [200, row("older", NOW)] : [status, { error: { code: "x", message: "x" } }]));
  const erasures = new Erasures();
  erasures.note(NOW);
  expect(await erasures.among([], ["older"])).toEqual(new Set());
  status = 200;
  expect(await erasures.among([], ["older"])).toEqual(new Set(["older"]));
  await erasures.among([], ["older"]);
  expect(asked).toHaveLength(2);
  erasures.note("2026-01-01T00:00:01Z");
  status = 404;
  await erasures.among([], ["older"]);
  await erasures.among([], ["older"]);
  expect(asked).toHaveLength(3);
});
