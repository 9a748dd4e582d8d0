import { describe, expect, it } from "vitest";
import { changeOf, columnsApart, isAlike, summaryOf, valueOf } from "../src/runs/compare/differences";
import { rowsOf, type Row } from "../src/runs/compare/lines";

function told(rows: Row[]): string[] {
  return rows.map((row) => {
    if (row.kind === "skipped") return `… ${row.count}`;
    const { left, right } = row;
    if (left && right && !left.changed) return `  ${left.number}/${right.number} ${left.text}`;
    return [left && `-${left.number} ${left.text}`, right && `+${right.number} ${right.text}`].filter(Boolean).join(" | ");
  });
}

describe("lines beside each other", () => {
  it("shows what changed beside what it was, with three lines around it", () => {
    const left = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`);
    const right = left.map((line) => (line === "line 6" ? "line six" : line));
    expect(told(rowsOf(left.join("\n"), right.join("\n")))).toEqual([
      "… 2", "  3/3 line 3", "  4/4 line 4", "  5/5 line 5", "-6 line 6 | +6 line six", "  7/7 line 7", "  8/8 line 8", "  9/9 line 9", "… 3",
    ]);
  });

  it("numbers both sides where lines went and came", () => {
    expect(told(rowsOf("a\nb\nc", "a\nc\nd"))).toEqual(["  1/1 a", "-2 b", "  3/2 c", "+3 d"]);
  });

  it("marks the words of a line that changed in part, and none where all did", () => {
    const [row] = rowsOf("x = load(2011)", "x = load(2012)");
    if (row?.kind !== "lines") throw new Error("no lines");
    expect(row.left?.pieces?.filter((one) => one.changed).map((one) => one.text)).toEqual(["2011"]);
    expect(row.right?.pieces?.filter((one) => one.changed).map((one) => one.text)).toEqual(["2012"]);
    const [other] = rowsOf("alpha", "import os");
    expect(other?.kind === "lines" && other.left?.pieces).toBeNull();
  });

  it("takes texts without lines, without an end, and with nothing in common", () => {
    expect(rowsOf("", "")).toEqual([]);
    expect(told(rowsOf("", "a"))).toEqual(["+1 a"]);
    expect(told(rowsOf("a\n", "a"))).toEqual(["… 1"]);
    const many = (word: string): string => Array.from({ length: 5_000 }, (_, index) => `${word} ${index}`).join("\n");
    expect(rowsOf(many("a"), many("b"))).toHaveLength(5_000);
  });
});

describe("differences in words", () => {
  it("says how much longer or larger", () => {
    const pair = (name: string, left: unknown, right: unknown) => changeOf({ name, left, right });
    expect(pair("run_s", 5, 9)).toBe("+80 %");
    expect(pair("rows_out", 100, 50)).toBe("−50 %");
    expect(pair("run_s", 1, 40)).toBe("× 40");
    expect([pair("run_s", 0, 5), pair("run_s", null, 5), pair("version", 1, 2)]).toEqual(["", "", ""]);
  });

  it("tells values as a person reads them, and null as none", () => {
    expect([valueOf("run_s", 1.25), valueOf("rows_in", 12345), valueOf("year", 2013), valueOf("x", null)]).toEqual(["1.3 s", "12,345", "2013", null]);
  });

  it("tells columns that went and came", () => {
    const output = (...names: string[]) => ({ rows: 1, size: 1, columns: names.map((name) => ({ name, type: "Int64" })) });
    expect(columnsApart({ name: "main", left: output("a", "b"), right: output("b", "c") })).toEqual({ gone: ["a Int64"], come: ["c Int64"] });
    expect(columnsApart({ name: "main", left: null, right: output("c") })).toEqual({ gone: [], come: [] });
  });

  it("names what differs about a node", () => {
    const node = { node_id: "a", name: "A", type: "sql", only: null, code: { left: "1", right: "2" }, settings: [], inputs: [], outputs: [], artifacts: [], facts: [{ name: "run_s", left: 1, right: 2 }] };
    expect(summaryOf(node)).toBe("code, times");
    expect(summaryOf({ ...node, only: "left" })).toBe("only on the left");
  });

  it("knows runs that are alike", () => {
    expect(isAlike({ facts: [], parameters: [], options: [], nodes: [] } as never)).toBe(true);
  });
});
