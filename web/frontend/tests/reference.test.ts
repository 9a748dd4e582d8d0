import { describe, expect, it } from "vitest";
import original from "../../../docs/flowfile.md?raw";
import copy from "../src/reference/flowfile.md?raw";
import { matching, parse, spansIn } from "../src/reference/parse";

describe("the reference of flowfile", () => {
  it("is the documents' own", () => {
    expect(copy).toBe(original);
  });

  it("has every call of the table with its signature, and nothing that was not understood", () => {
    const calls = parse(copy).flatMap((section) => section.calls);
    const table = [...copy.matchAll(/^\| \[`(\w+)\(/gm)].map((found) => found[1]);
    expect(table.length).toBeGreaterThan(15);
    for (const name of table) {
      const call = calls.find((one) => one.name === name);
      expect(call?.signature, name).toContain(`${name ?? ""}(`);
      expect(call?.blocks.length, name).toBeGreaterThan(0);
    }
    expect(JSON.stringify(calls)).not.toContain("```");
  });

  it("is searched by words of a call", () => {
    const found = matching(parse(copy), "lazy concat").concat(matching(parse(copy), "read_artifact"));
    expect(found.flatMap((section) => section.calls.map((call) => call.name))).toContain("read_artifact");
    expect(matching(parse(copy), "no such word at all")).toEqual([]);
  });

  it("shows code and emphasis as such, and links by their words", () => {
    expect(spansIn("a `b*c*` *d* [`e`](#e)")).toEqual([
      { text: "a ", as: "plain" }, { text: "b*c*", as: "code" }, { text: " ", as: "plain" },
      { text: "d", as: "emphasis" }, { text: " ", as: "plain" }, { text: "e", as: "code" },
    ]);
  });
});
