import { describe, expect, it } from "vitest";
import type { NodeRun, RunRow } from "../src/api/runs";
import { asQuery, isNarrowed, readRun, readRuns } from "../src/runs/search";
import { countsInWords, lineOf, shares, tookSeconds } from "../src/runs/states";
import { ticksOf, timelineOf } from "../src/runs/timeline";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const node = (node_id: string, kernel_id: string, created: number, started: number | null, ended: number | null) =>
  ({
    node_id, name: node_id, kernel_id, state: ended === null ? "running" : "succeeded", created_at: at(created),
    started_at: started === null ? null : at(started), finished_at: ended === null ? null : at(ended),
  }) as NodeRun;
const run = (nodes: NodeRun[], ended: number | null) => ({ created_at: at(0), started_at: at(0), finished_at: ended === null ? null : at(ended), nodes });

describe("the timeline", () => {
  it("has a lane for each kernel, and a row more for what overlaps", () => {
    const found = timelineOf(run([node("a", "k", 0, 2, 5), node("b", "k", 0, 5, 10), node("c", "k", 5, 6, 8), node("d", "l", 5, 5, 10)], 10), 0);
    expect(found?.lanes.map((lane) => [lane.kernel, lane.rows])).toEqual([["k", 2], ["l", 1]]);
    expect(found?.lanes[0]?.bars.map((bar) => [bar.node, bar.row, bar.queued, bar.began, bar.ended])).toEqual([
      ["a", 0, 0, 0.2, 0.5], ["b", 1, 0, 0.5, 1], ["c", 0, 0.5, 0.6, 0.8],
    ]);
  });

  it("goes on until now while the run does; what waits has not begun", () => {
    const found = timelineOf(run([node("a", "k", 0, 1, null), node("b", "k", 2, null, null)], null), Date.parse(at(4)));
    expect(found?.seconds).toBe(4);
    expect(found?.lanes[0]?.bars.map((bar) => [bar.began, bar.ended])).toEqual([[0.25, 1], [1, 1]]);
  });

  it("leaves out what never began, and takes a run of no time at all", () => {
    const skipped = { ...node("a", "k", 0, null, 0), state: "skipped", created_at: null } as NodeRun;
    expect(timelineOf(run([skipped], 0), 0)?.lanes).toEqual([]);
    expect(timelineOf(run([node("a", "k", 0, 0, 0)], 0), 0)?.seconds).toBeGreaterThan(0);
  });

  it("has few ticks at round times, for a moment and for days", () => {
    for (const seconds of [0.05, 9, 61, 3600, 400_000]) {
      const ticks = ticksOf(seconds);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
    }
    expect(ticksOf(9).map((tick) => tick.seconds)).toEqual([0, 2, 4, 6, 8]);
  });
});

describe("runs in words", () => {
  it("tells counts, what went wrong first", () => {
    expect(countsInWords({ succeeded: 3, failed: 1, lost: 0, pending: 2 })).toBe("6 nodes: 1 failed, 2 waiting, 3 succeeded");
    expect(countsInWords({ succeeded: 1 })).toBe("1 node succeeded");
    expect(countsInWords({})).toBe("no node");
    expect(shares({ failed: 1, cached: 2 }).map((one) => one.tone)).toEqual(["red", "teal"]);
  });

  it("tells why a node is as it is in one line", () => {
    expect(lineOf({ error: { type: "E", message: "a\nb", line: null, traceback: null }, reason: null })).toBe("E: a");
    expect(lineOf({ error: null, reason: "as in run x" })).toBe("as in run x");
  });

  it("counts on while a run goes on", () => {
    const row = { started_at: at(0), finished_at: null } as RunRow;
    expect(tookSeconds(row, Date.parse(at(3)))).toBe(3);
    expect(tookSeconds({ ...row, finished_at: at(2) }, 0)).toBe(2);
    expect(tookSeconds({ started_at: null, finished_at: null }, 0)).toBeNull();
  });
});

describe("the address", () => {
  it("holds the filter, and nothing that is none", () => {
    const search = readRuns({ flow: 12, state: "failed", trigger: "", group: ["x"], other: "y" });
    expect(search).toEqual({ flow: "12", state: "failed", trigger: undefined, schedule: undefined, group: undefined });
    expect(isNarrowed(search)).toBe(true);
    expect(asQuery(search, "next")).toEqual({ limit: "50", after: "next", flow: "12", state: "failed" });
    expect(isNarrowed(readRuns({}))).toBe(false);
  });

  it("holds what is shown of a run", () => {
    expect(readRun({ node: "a", tab: "graph", level: "ERROR", find: "x" })).toEqual({ node: "a", tab: "graph", level: "ERROR", find: "x" });
    expect(readRun({ tab: "evil", level: "LOUD" })).toEqual({});
  });
});
