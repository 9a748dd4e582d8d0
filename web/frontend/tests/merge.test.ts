import { describe, expect, test } from "vitest";
import type { Content } from "../src/notebook/documents/content";
import { merge } from "../src/notebook/documents/merge";

// "a=1 b=2" is a notebook of two cells.
const doc = (cells: string, name = "n", kernel: string | null = null): Content => ({
  name, kernel,
  cells: cells.split(" ").filter(Boolean).map((cell) => {
    const [id = "", code = ""] = cell.split("=");
    return { id, kind: "code", code, kept: null };
  }),
});
const told = (content: Content) => content.cells.map(({ id, code }) => `${id}=${code}`).join(" ");
const merged = (base: string, mine: string, theirs: string) => {
  const { content, clashes } = merge(doc(base), doc(mine), doc(theirs));
  return [told(content), clashes.join()];
};

describe("two who changed one notebook", () => {
  test("different cells go together", () => expect(merged("a=1 b=2", "a=9 b=2", "a=1 b=8")).toEqual(["a=9 b=8", ""]));
  test("the same change of both is one change", () => expect(merged("a=1", "a=2", "a=2")).toEqual(["a=2", ""]));
  test("one cell changed by both is a clash, and mine stands for it", () =>
    expect(merged("a=1 b=2", "a=7 b=2", "a=8 b=3")).toEqual(["a=7 b=3", "a"]));
  test("cells that each added are both there, where they stood", () =>
    expect(merged("a=1 b=2", "a=1 x=5 b=2", "a=1 b=2 y=6")).toEqual(["a=1 x=5 b=2 y=6", ""]));
  test("what one deleted and the other left alone is gone", () => {
    expect(merged("a=1 b=2", "b=2", "a=1 b=2")[0]).toBe("b=2");
    expect(merged("a=1 b=2", "a=1 b=2", "a=1")[0]).toBe("a=1");
  });
  test("what one deleted and the other changed is kept", () => {
    expect(merged("a=1 b=2", "b=2", "a=9 b=2")).toEqual(["a=9 b=2", ""]);
    expect(merged("a=1 b=2", "a=9 b=2", "b=2")).toEqual(["a=9 b=2", ""]);
  });
  test("cells that one moved are moved, and what the other wrote in them is there", () =>
    expect(merged("a=1 b=2 c=3", "c=3 a=1 b=2", "a=1 b=9 c=3")).toEqual(["c=3 a=1 b=9", ""]));
  test("name and kernel are of whom changed them", () => {
    const { content } = merge(doc("", "n", "k"), doc("", "mine", "k"), doc("", "n", "other"));
    expect([content.name, content.kernel]).toEqual(["mine", "other"]);
  });
});
