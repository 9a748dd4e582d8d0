import { describe, expect, test } from "vitest";
import { matchesIn, patternOf, replacedAll, replacedOne, type Query } from "../src/notebook/cells/find";

const cells = [{ id: "a", code: "x = price\nPrice" }, { id: "b", code: "price + price" }];
const ask = (text: string, part: Partial<Query> = {}): Query => ({ text, matchCase: false, regexp: false, ...part });
const found = (query: Query) => matchesIn(cells, patternOf(query)).map(({ cell, from, to }) => `${cell}${from}-${to}`);

describe("finding", () => {
  test("all cells are looked in, in their order", () => expect(found(ask("price"))).toEqual(["a4-9", "a10-15", "b0-5", "b8-13"]));
  test("case counts if it is asked for", () => expect(found(ask("Price", { matchCase: true }))).toEqual(["a10-15"]));
  test("signs of expressions are plain text", () => expect(found(ask("e + p"))).toEqual(["b4-9"]));
  test("an expression is one if it is asked for", () => expect(found(ask("^p\\w+", { regexp: true }))).toEqual(["a10-15", "b0-5"]));
  test("what matches nothing but the empty text is no match", () => expect(found(ask("q*", { regexp: true }))).toEqual([]));
  test("no expression says why", () => expect(() => patternOf(ask("(", { regexp: true }))).toThrow(SyntaxError));
  test("no text is no question", () => expect(patternOf(ask(""))).toBeNull());
});

describe("replacing", () => {
  const codes = (query: Query, by: string) => replacedAll(cells, query, by).map(({ code }) => code);
  test("in all cells", () => expect(codes(ask("price", { matchCase: true }), "cost")).toEqual(["x = cost\nPrice", "cost + cost"]));
  test("dollars are plain text", () => expect(codes(ask("x ="), "$& $1")[0]).toBe("$& $1 price\nPrice"));
  test("groups of an expression are put in", () => expect(codes(ask("(\\w+) = (\\w+)", { regexp: true }), "$2 = $1 $$")[0]).toBe("price = x $\nPrice"));
  test("cells without a match are the same objects", () => expect(replacedAll(cells, ask("x ="), "y =")[1]).toBe(cells[1]));
  test("one match alone, if it is still there", () => {
    const match = { cell: "b", from: 8, to: 13 };
    expect(replacedOne("price + price", match, ask("price"), "tax")).toBe("price + tax");
    expect(replacedOne("price + cost!", match, ask("price"), "tax")).toBe("price + cost!");
  });
});
