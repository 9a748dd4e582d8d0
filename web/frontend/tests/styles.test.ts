import { expect, test } from "vitest";

// Third-party, and refined by two.
const SHARED = new Set([".cm-tooltip"]);

const SHEETS = import.meta.glob<string>("../src/styles/*.css", { query: "?raw", import: "default", eager: true });

// Once a page's sheet has come it stays: a class that two of them style looks different after a visit elsewhere.
test("no class is styled by two sheets", () => {
  const owners = new Map<string, Set<string>>();
  for (const [name, text] of Object.entries(SHEETS)) {
    for (const [, selectors = ""] of text.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{}]+)\{/g)) {
      for (const selector of selectors.split(",").map((one) => one.trim())) {
        if (/^\.[\w-]+$/.test(selector) && !SHARED.has(selector)) owners.set(selector, (owners.get(selector) ?? new Set()).add(name));
      }
    }
  }
  expect(owners.size).toBeGreaterThan(100);
  expect([...owners].filter(([, names]) => names.size > 1).map(([selector, names]) => `${selector}: ${[...names].join(", ")}`)).toEqual([]);
});

// Those of a table, a meter or a line that others show, too.
const PARTS = ["bar", "none", "skipped", "fill", "figures", "row", "line", "log", "more"];

test("a word that many parts use is styled inside a part alone, or for all pages", () => {
  const pages = Object.entries(SHEETS).filter(([name]) => !/\/(base|parts|shell|tokens)\.css$/.test(name));
  const bare = pages.flatMap(([name, text]) => PARTS.filter((part) => new RegExp(`(^|[},])\\s*\\.${part}\\s*[,{]`).test(text)).map((part) => `${name}: .${part}`));
  expect(bare).toEqual([]);
});
