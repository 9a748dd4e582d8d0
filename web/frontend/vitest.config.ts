import { defineConfig } from "vitest/config";

export default defineConfig({
  // Nothing is measured here: a busy machine is no fault.
  test: { testTimeout: 60_000, include: ["tests/**/*.test.ts"], css: true, environment: "node" },
});
