import { beforeEach, describe, expect, it } from "vitest";
import { matchesOf, merged, optionOf } from "../src/notebook/help/options";
import { indexOf, placeIn } from "../src/notebook/help/place";
import { forget, knownIn, noteNames, noteVariables } from "../src/notebook/help/snapshot";

describe("completions in the list", () => {
  it("say what kind each is, where the kernel told", () => {
    expect(matchesOf({ matches: ["a", "b"], kinds: ["function"] })).toEqual([{ label: "a", kind: "function" }, { label: "b", kind: "" }]);
    expect(optionOf({ label: "a", kind: "function" })).toEqual({ label: "a", type: "function", detail: "function", boost: 0 });
    expect(optionOf({ label: "b", kind: "" }).detail).toBeUndefined();
  });
  it("put arguments before all and what is private behind", () => {
    const boost = (label: string, kind: string): number => optionOf({ label, kind }).boost ?? 0;
    expect(boost("a=", "param")).toBeGreaterThan(boost("a", "variable"));
    expect(boost("a", "variable")).toBeGreaterThan(boost("a", "function"));
    expect(boost("_a", "variable")).toBeLessThan(boost("a", "keyword"));
  });
  it("hold each name once, as it came first", () => {
    const list = merged([{ label: "a", kind: "function" }], [{ label: "a", kind: "variable" }, { label: "b", kind: "variable" }]);
    expect(list).toEqual([{ label: "a", kind: "function" }, { label: "b", kind: "variable" }]);
  });
});

describe("what was known last", () => {
  const of = { kernel: "k", flow: "f" };
  beforeEach(() => forget(of));
  it("is kept by namespace", () => {
    noteNames(of, [{ name: "a", kind: "function" }]);
    expect(knownIn({ kernel: "k", flow: null })).toEqual([]);
    expect(knownIn(of)).toEqual([{ name: "a", kind: "function" }]);
  });
  it("is replaced by a whole list and grows by parts", () => {
    noteNames(of, [{ name: "old", kind: "variable" }]);
    noteVariables(of, [{ name: "x", type: "int", size: 28, repr: "1" }]);
    noteNames(of, [{ name: "y", kind: "class" }]);
    expect(knownIn(of).map(({ name }) => name)).toEqual(["x", "y"]);
  });
  it("does not grow for ever", () => {
    for (let at = 0; at < 100; at += 1) noteNames({ kernel: `${at}`, flow: null }, [{ name: "a", kind: "" }]);
    expect(knownIn({ kernel: "0", flow: null })).toEqual([]);
    expect(knownIn({ kernel: "99", flow: null })).toHaveLength(1);
  });
});


describe("a place as the kernel is asked about it", () => {
  it("counts characters, where the editor counts halves of pairs", () => {
    const place = placeIn("s = '😀'; s.up", 14);
    expect(place.cursor).toBe(13);
    expect(indexOf(place, 11)).toBe(12);
  });
  it("goes from a line's start to the end of the cursor's line", () => {
    const long = `${"x = 1\n".repeat(10_000)}y.z\nafter`;
    const at = long.indexOf("y.z") + 3;
    const place = placeIn(long, at);
    expect(place.code.length).toBeLessThan(20_100);
    expect(place.code.endsWith("\ny.z")).toBe(true);
    expect(place.code.startsWith("x = 1\n")).toBe(true);
    expect(indexOf(place, place.cursor)).toBe(at);
  });
  it("takes a piece of a line of a megabyte", () => {
    const place = placeIn("x".repeat(1_000_000), 500_000);
    expect(place.code.length).toBe(40_000);
    expect(indexOf(place, place.cursor)).toBe(500_000);
  });
  it("is there at both ends", () => {
    expect(placeIn("", 0)).toEqual({ code: "", cursor: 0, start: 0 });
    expect(placeIn("ab\ncd", 5)).toEqual({ code: "ab\ncd", cursor: 5, start: 0 });
  });
});
