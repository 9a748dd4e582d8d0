import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../src/live/events";
import { canBeLive, matches, withEvent, withoutEnded } from "../src/logs/live";
import { fromField, isNarrowed, NOTHING, queryOf, readLogs, toField } from "../src/logs/search";

const KERNEL = "K".repeat(12);
const CELL = `${KERNEL}-11111111-1111-4111-8111-111111111111`;

function line(seq: number, more: object = {}): LiveEvent {
  const base = { type: "log", id: null, kernel_id: KERNEL, execution_id: CELL, seq, at: 5, level: "INFO", message: `line ${seq}` };
  return { ...base, ...more } as LiveEvent;
}

describe("the address of the logs", () => {
  it("holds what the API takes, and nothing else", () => {
    expect(readLogs({ level: "warning", run: "R".repeat(12), q: 5, since: "1h", execution: CELL })).toMatchObject(
      { level: "WARNING", run: "R".repeat(12), q: "5", since: "1h", execution: CELL },
    );
    const wrong = { level: "LOUD", flow: "../x", kernel: "<b>", run: "x", since: "yesterday", until: "1h", node: "a b", q: " " };
    expect(isNarrowed(readLogs(wrong))).toBe(false);
    expect(isNarrowed(NOTHING)).toBe(false);
  });
  it("means a span back from the moment that is asked", () => {
    const now = Date.parse("2026-03-01T12:00:00Z");
    expect(queryOf({ since: "1h", level: "ERROR" }, now)).toEqual({ level: "ERROR", since: "2026-03-01T11:00:00.000Z" });
    expect(queryOf({ since: "2026-02-01T00:00", until: "2026-02-02T00:00:00Z" }, now)["until"]).toBe("2026-02-02T00:00:00.000Z");
  });
  it("has moments in fields in their own time, and back", () => {
    const moment = "2026-03-01T12:34:00.000Z";
    expect(fromField(toField(moment))).toBe(moment);
    expect([toField(undefined), fromField("")]).toEqual(["", undefined]);
  });
});

describe("lines that come", () => {
  it("stand above, each once, until their execution is recorded", () => {
    let lines = withEvent(withEvent(withEvent([], line(1)), line(2)), line(1));
    expect(lines.map((one) => one.message)).toEqual(["line 2", "line 1"]);
    expect(withEvent(lines, { type: "ready", kernel_id: KERNEL })).toBe(lines);
    expect(withoutEnded(lines, new Set(["other"]))).toBe(lines);
    lines = withoutEnded(lines, new Set([CELL]));
    expect(lines).toEqual([]);
  });
  it("are narrowed as the list is, and are none where it goes by what they do not say", () => {
    const [one] = withEvent([], line(1, { level: "WARNING", message: "No DATA" }));
    if (!one) throw new Error("there is one");
    expect(matches(one, {})).toBe(true);
    expect(matches(one, { level: "ERROR" })).toBe(false);
    expect(matches(one, { level: "WARNING", q: "data", kernel: KERNEL, execution: CELL })).toBe(true);
    expect(matches(one, { q: "rows" })).toBe(false);
    expect(canBeLive({ q: "x", kernel: KERNEL, level: "INFO" })).toBe(true);
    expect(canBeLive({ run: "R".repeat(12) })).toBe(false);
  });
});
