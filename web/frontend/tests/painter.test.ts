import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Painter } from "../src/notebook/runs/painter";

let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => void frames.push(then));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = (): Promise<void> => Promise.resolve();

test("the first change is told at once, those that follow it with the next frame", async () => {
  const told: string[] = [];
  const painter = new Painter<string>((one) => void told.push(one));
  painter.mark("a");
  await settle();
  painter.mark("b");
  painter.mark("b");
  await settle();
  expect([told, frames.length]).toEqual([["a"], 1]);
  frames[0]?.();
  expect(told).toEqual(["a", "b"]);
});

test("what is urgent does not wait for a frame that is due, and many of it do", async () => {
  const told: string[] = [];
  const painter = new Painter<string>((one) => void told.push(one));
  painter.mark("a");
  await settle();
  painter.mark("b");
  painter.mark("c", true);
  await settle();
  expect(told).toEqual(["a", "b", "c"]);
  painter.mark("d", true);
  await settle();
  expect(told).toEqual(["a", "b", "c"]);
  for (const frame of frames) frame();
  expect(told).toEqual(["a", "b", "c", "d"]);
});
