import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Following, MOST_FOLLOWED } from "../src/kernels/following";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const names = (from: number, count: number): string[] => Array.from({ length: count }, (_, at) => `k${from + at}`);

test("what is on screen is followed, and stays so when there is room", () => {
  const following = new Following();
  for (const uid of names(0, 10)) following.show(uid);
  vi.advanceTimersByTime(200);
  for (const uid of names(0, 10)) following.hide(uid);
  following.show("late");
  vi.advanceTimersByTime(200);
  expect(following.get().length).toBe(11);
});

test("where there are too many those that were seen longest ago go first", () => {
  const following = new Following();
  for (const uid of names(0, MOST_FOLLOWED)) {
    following.show(uid);
    following.hide(uid);
  }
  for (const uid of names(100, 10)) following.show(uid);
  vi.advanceTimersByTime(200);
  const followed = new Set(following.get());
  expect(followed.size).toBe(MOST_FOLLOWED);
  expect(names(100, 10).every((uid) => followed.has(uid))).toBe(true);
  expect(names(0, 10).some((uid) => followed.has(uid))).toBe(false);
});

test("watchers hear of a change alone", () => {
  const following = new Following();
  let heard = 0;
  following.watch(() => void (heard += 1));
  for (let round = 0; round < 3; round += 1) {
    following.show("a");
    vi.advanceTimersByTime(200);
  }
  expect(heard).toBe(1);
});
