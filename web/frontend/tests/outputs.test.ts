import { describe, expect, test } from "vitest";
import { dataUrl, choose, objectPath } from "../src/notebook/outputs/content";
import { heightIn } from "../src/notebook/outputs/HtmlOutput";
import { span } from "../src/notebook/outputs/window";

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
