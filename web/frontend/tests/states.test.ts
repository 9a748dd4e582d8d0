import { expect, test } from "vitest";
import { takesCells } from "../src/kernels/states";

const SOON = "2026-01-01T00:00:10Z";

test("a kernel takes cells while it is meant to run, also while its restart waits", () => {
  expect(takesCells({ state: "ready", desired_state: "running", restart_at: null })).toBe(true);
  expect(takesCells({ state: "error", desired_state: "running", restart_at: SOON })).toBe(true);
  expect(takesCells({ state: "error", desired_state: "running", restart_at: null })).toBe(false);
  expect(takesCells({ state: "stopped", desired_state: "stopped", restart_at: null })).toBe(false);
  expect(takesCells({ state: "ready", desired_state: "stopped", restart_at: null })).toBe(false);
});
