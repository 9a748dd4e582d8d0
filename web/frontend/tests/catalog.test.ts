import { describe, expect, it } from "vitest";
import { figure, readPreview } from "../src/catalog/previews";
import { readCatalog, readEntry, referenceIn } from "../src/catalog/search";

describe("a preview", () => {
  it("of a frame is its columns, with their histograms, and its first rows", () => {
    const shown = readPreview({
      kind: "frame", type: "polars.DataFrame", rows: 2, columns_total: 3, sampled: null,
      columns: [{ name: "n", type: "Int64", nulls: 0, min: 1, max: 2, mean: 1.5, histogram: { low: 1, high: 2, counts: [1, 1] } }],
      head: [[1], [2]],
    });
    expect(shown).toMatchObject({ kind: "frame", rows: 2, total: 3, columns: [{ name: "n", mean: "1.5", bars: { counts: [1, 1] } }] });
    expect(shown?.kind === "frame" && shown.head?.rows).toEqual([[1], [2]]);
  });

  it("that holds nonsense is shown as far as it makes sense", () => {
    for (const given of [null, undefined, 7, "x", []]) expect(readPreview(given)).toBeNull();
    expect(readPreview({ kind: "frame", columns: [1, null, { name: {}, histogram: { low: "x" } }], head: 5 })).toMatchObject({
      kind: "frame", rows: null, columns: [{ name: "", bars: null }], head: null,
    });
    expect(readPreview({ kind: "image", png: 'x" onerror="alert(1)', text: "a figure" })).toMatchObject({ kind: "text", text: "a figure" });
    expect(readPreview({ kind: "other", a: 1 })).toMatchObject({ kind: "text", text: expect.stringContaining('"a": 1') as string });
    expect(readPreview({ kind: "estimator", html: 5, parameters: [1] })).toMatchObject({ html: false, parameters: [] });
  });

  it("tells numbers in short", () => {
    expect([figure(1234567), figure(0.1234567), figure(1e-9), figure(null), figure("2020-01-01")]).toEqual([
      "1,234,567", "0.12346", "1.000e-9", "", "2020-01-01",
    ]);
  });
});

describe("the address of an entry", () => {
  it("holds what makes sense alone", () => {
    expect(readEntry({ version: "3", namespace: 7 })).toEqual({ version: 3, namespace: "7" });
    expect(readEntry({ version: -1 })).toEqual({ version: undefined, namespace: undefined });
    expect(readCatalog({ q: " ", tag: true })).toEqual({ q: undefined, tag: "true", namespace: undefined });
  });

  it("is found in what a version was made from", () => {
    expect(referenceIn("default::churn model@12")).toEqual({ namespace: "default", name: "churn model", version: 12 });
    expect(referenceIn("features")).toBeNull();
  });
});
