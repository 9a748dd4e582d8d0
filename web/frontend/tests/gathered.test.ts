import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gathered } from "../src/live/gathered";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("calls that are gathered", () => {
  it("are one, and one more for what came while it went", async () => {
    const ends: ((value?: unknown) => void)[] = [];
    const soon = gathered(() => new Promise((end) => ends.push(end)));
    soon();
    soon();
    await vi.runAllTimersAsync();
    expect(ends.length).toBe(1);
    soon();
    soon();
    await vi.runAllTimersAsync();
    expect(ends.length).toBe(1);
    ends[0]?.();
    await vi.runAllTimersAsync();
    expect(ends.length).toBe(2);
    ends[1]?.();
    await vi.runAllTimersAsync();
    expect(ends.length).toBe(2);
  });

  it("go on after one that failed", async () => {
    let runs = 0;
    const soon = gathered(() => Promise.reject(new Error(`${++runs}`)));
    soon();
    await vi.runAllTimersAsync();
    soon();
    await vi.runAllTimersAsync();
    expect(runs).toBe(2);
  });
});
