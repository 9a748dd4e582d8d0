import { describe, expect, test } from "vitest";
import { dataUrl, choose, objectPath } from "../src/notebook/outputs/content";
import { arrange, brief, histogram, next, readTable, type Table } from "../src/notebook/outputs/grid";
import { heightIn } from "../src/notebook/outputs/HtmlOutput";
import { span } from "../src/notebook/outputs/window";

const table: Table = {
  columns: [{ name: "name", type: "str" }, { name: "n", type: "i64" }],
  rows: [["b10", 3], ["b9", null], ["a", 1], ["A", 3]],
  total: 4,
};

describe("tables", () => {
  test("sort by number with nulls last, both ways", () => {
    expect(arrange(table, "", { column: 1, down: false })).toEqual([2, 0, 3, 1]);
    expect(arrange(table, "", { column: 1, down: true })).toEqual([0, 3, 2, 1]);
  });
  test("sort text as people do", () => expect(arrange(table, "", { column: 0, down: false }).slice(-2)).toEqual([1, 0]));
  test("search finds in every column, whatever the case", () => expect(arrange(table, " a ", null)).toEqual([2, 3]));
  test("a click sorts up, then down, then not", () => {
    const up = next(null, 1);
    const down = next(up, 1);
    expect([up, down, next(down, 1)]).toEqual([{ column: 1, down: false }, { column: 1, down: true }, null]);
  });
  test("what is no table is none", () => {
    for (const junk of [null, 1, {}, { columns: [1], rows: [] }, { columns: [], rows: 3 }]) expect(readTable(junk)).toBeNull();
  });
  test("a histogram needs a range", () => {
    expect(histogram({ ...table, rows: [["x", 1], ["y", 1]] }, 1)).toBeNull();
    expect(histogram({ ...table, rows: [["x", 0], ["y", 10]] }, 1, 2)).toEqual([1, 1]);
  });
  test("long fractions are shown short", () => expect([brief(1 / 3), brief(12), brief(null)]).toEqual(["0.333333", "12", "null"]));
});

describe("displays", () => {
  test("the richest form that can be shown is chosen", () => {
    expect(choose({ "text/plain": "x", "text/html": "<b>" })?.as).toBe("html");
    expect(choose({ "application/x-unknown": 1 })).toBeNull();
  });
  test("SVG goes where no script runs", () => {
    expect(dataUrl("image/svg+xml", "<svg onload='x'>")).toBe("data:image/svg+xml;charset=utf-8,%3Csvg%20onload%3D'x'%3E");
  });
  test("a reference cannot leave its folder of the API", () => expect(objectPath("e", "k/a?b#c")).toBe("/executions/e/objects/k/a%3Fb%23c"));
  test("a frame tells its height and nothing else", () => {
    expect(heightIn({ husk: "height", h: 99999 })).toBe(2000);
    for (const junk of [null, "x", { husk: "height", h: "9" }, { h: 9 }, { husk: "height", h: NaN }]) expect(heightIn(junk)).toBeNull();
  });
});

describe("rows in sight", () => {
  test("are those at the top, with spare ones", () => expect(span(1000, 20, 0, 400)).toMatchObject({ from: 0, to: 32, above: 0 }));
  test("reach the last row", () => {
    const last = span(1000, 20, 1000 * 20 - 400, 400);
    expect(last.to).toBe(1000);
    expect(last.below).toBe(0);
  });
  test("of too many for a browser's layout are all reachable", () => {
    const count = 5_000_000;
    expect(span(count, 20, 8_000_000 - 400, 400).to).toBe(count);
    expect(span(count, 20, 0, 400).from).toBe(0);
  });
});
