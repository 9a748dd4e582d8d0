import { describe, expect, it } from "vitest";
import type { Fire, Schedule } from "../src/api/schedules";
import { bodyOf, draftOf, fresh, lacks, specOf } from "../src/schedules/draft";
import { fireTone, stateOf, stripInWords } from "../src/schedules/fires";
import { shown } from "../src/schedules/NextFires";
import { readSchedules } from "../src/schedules/search";

const SCHEDULE = {
  flow_id: "f", name: "n", kind: "interval", spec: { every_s: 7200 }, timezone: "Europe/Berlin", overlap: "queue", catch_up: "all", catch_up_limit: 5,
  retries: 2, retry_delay_s: 30, timeout_s: null,
} as unknown as Schedule;

describe("a schedule's draft", () => {
  it("is read from what there is, and is the same again", () => {
    const draft = draftOf(SCHEDULE);
    expect([draft.every, draft.unit]).toEqual(["2", "3600"]);
    expect(bodyOf(draft, { a: 1 })).toEqual({
      name: "n", kind: "interval", spec: { every_s: 7200 }, timezone: "Europe/Berlin", parameters: { a: 1 }, overlap: "queue", catch_up: "all",
      catch_up_limit: 5, retries: 2, retry_delay_s: 30, timeout_s: null,
    });
  });

  it("has the spec of its kind alone", () => {
    const draft = { ...fresh("f", "UTC"), at: "2026-12-01T06:00", prefix: "inbox/", pattern: " ", source: "g" };
    expect(specOf(draft)).toEqual({ cron: "30 6 * * 1-5" });
    expect(specOf({ ...draft, kind: "once" })).toEqual({ at: "2026-12-01T06:00:00" });
    expect(specOf({ ...draft, kind: "file" })).toEqual({ prefix: "inbox/" });
    expect(specOf({ ...draft, kind: "flow" })).toEqual({ flow_id: "g" });
  });

  it("says what it lacks", () => {
    const draft = fresh("", "UTC");
    expect(lacks(draft)).toContain("flow");
    expect(lacks({ ...draft, flow: "f" })).toBeNull();
    expect(lacks({ ...draft, flow: "f", kind: "once" })).toContain("moment");
    expect(lacks({ ...draft, flow: "f", kind: "interval", every: "often" })).toContain("number");
  });
});

const fire = (outcome: string, run_state: string | null = null) => ({ outcome, run_state }) as Fire;

describe("fires", () => {
  it("are as their run is, as far as there is one", () => {
    expect([stateOf(fire("started", "failed")), stateOf(fire("started")), stateOf(fire("skipped", "running"))]).toEqual(["failed", "started", "skipped"]);
    expect([fireTone(fire("started", "failed")), fireTone(fire("started", "running")), fireTone(fire("missed"))]).toEqual(["red", "orange", "orange"]);
  });

  it("are told in words", () => {
    expect(stripInWords([])).toBe("It never fired");
    expect(stripInWords([fire("started", "succeeded"), fire("skipped"), fire("started", "succeeded")])).toBe("Last 3: 2 succeeded, 1 skipped");
  });
});

describe("moments", () => {
  it("are told as the clock there says", () => {
    expect(shown("2026-12-01T06:30:00+01:00")).toBe("Tue 2026-12-01 06:30");
    expect(shown("2026-12-01T05:30:15Z")).toBe("Tue 2026-12-01 05:30:15");
    expect(shown("soon")).toBe("soon");
  });

  it("stand in the address as what is opened", () => {
    expect(readSchedules({ schedule: "s", edit: true, new: "yes" })).toEqual({ schedule: "s", edit: true });
  });
});
