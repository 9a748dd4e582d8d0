import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type ProxyOptions } from "vite";

// Development only: HUSK_DEV_SERVER is a running Husk, HUSK_DEV_TOKEN_FILE a token to ask it with.
function api(): Record<string, ProxyOptions> {
  const file = process.env.HUSK_DEV_TOKEN_FILE;
  const headers = file ? { Authorization: `Bearer ${readFileSync(file, "utf8").trim()}` } : undefined;
  return { "/api": { target: process.env.HUSK_DEV_SERVER ?? "http://127.0.0.1:8420", headers } };
}

export default defineConfig({
  plugins: [react()],
  server: { proxy: api() },
  preview: { proxy: api() },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // A data: URL in a style or an inline script would need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
