import { describe, expect, it } from "vitest";
import { cut, separatorOf } from "../src/files/csv";
import { imageType, kindOf, MOST_ROWS, read, snippetFor, textOf } from "../src/files/preview";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("records with separators", () => {
  it("are cut as RFC 4180 has them", () => {
    expect(cut('a,b\r\n"x, ""y""\nz",2\n,\n', ",")).toEqual([["a", "b"], ['x, "y"\nz', "2"], ["", ""]]);
    expect(cut("a|b\n1|2", "|")).toEqual([["a", "b"], ["1", "2"]]);
    expect(cut("a,", ",")).toEqual([["a", ""]]);
    expect(cut("", ",")).toEqual([]);
  });
  it("take a quote that never ends to the end, however long", () => {
    const long = "x".repeat(256 * 1024);
    expect(cut(`a,"${long}`, ",")).toEqual([["a", long]]);
    expect(cut(`a,"b"c\n`, ",")).toEqual([["a", "bc"]]);
  });
  it("stop at so many", () => {
    expect(cut("1\n2\n3\n", ",", 2)).toEqual([["1"], ["2"]]);
  });
  it("have the separator that is in their first line", () => {
    expect(separatorOf("a;b;c\n1,5;2,5;3")).toBe(";");
    expect(separatorOf("a\tb\n")).toBe("\t");
    expect(separatorOf('"a,b";c\n')).toBe(";");
    expect(separatorOf("a")).toBe(",");
  });
});

describe("what is seen of a file", () => {
  it("goes by its name first", () => {
    expect(["a/x.CSV", "x.jsonl", "x.png", "x.parquet", "README", "x.tar.gz"].map(kindOf)).toEqual(
      ["table", "lines", "image", "parquet", "unknown", "unknown"],
    );
  });
  it("is a table of the first rows, numbers as numbers", () => {
    const shown = read("table", bytes("n,name,code\n1,<b>x</b>,007\n2.5,,01\n"), true);
    expect(shown).toMatchObject({ kind: "table", whole: true });
    expect(shown.kind === "table" && shown.table.rows).toEqual([[1, "<b>x</b>", "007"], [2.5, null, "01"]]);
    expect(shown.kind === "table" && shown.table.columns.map(({ name }) => name)).toEqual(["n", "name", "code"]);
  });
  it("leaves out the row that was cut through, and says that there is more", () => {
    const shown = read("table", bytes("n\n1\n2\n33"), false);
    expect(shown.kind === "table" && [shown.table.rows, shown.whole]).toEqual([[[1], [2]], false]);
    const many = `n\n${"1\n".repeat(MOST_ROWS + 5)}`;
    const first = read("table", bytes(many), true);
    expect(first.kind === "table" && [first.table.rows.length, first.whole]).toEqual([MOST_ROWS, false]);
  });
  it("is a table of JSON lines with all their names; what is no such lines is text", () => {
    const shown = read("lines", bytes('{"a": 1}\n{"b": {"c": [2]}, "__proto__": "x"}\n'), true);
    expect(shown.kind === "table" && shown.table.rows).toEqual([[1, null, null], [null, '{"c":[2]}', "x"]]);
    expect(read("lines", bytes("[1]\n"), true)).toEqual({ kind: "text", text: "[1]\n", whole: true });
  });
  it("is JSON with its parts below each other, and as it is where it is none or cut", () => {
    expect(read("json", bytes('{"a":1}'), true)).toEqual({ kind: "text", text: '{\n  "a": 1\n}', whole: true });
    expect(read("json", bytes("{no"), true)).toEqual({ kind: "text", text: "{no", whole: true });
  });
  it("is a picture only if its bytes say so", () => {
    expect(imageType(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1]))).toBe("image/png");
    expect(read("image", bytes("<svg onload=alert(1)>"), true)).toMatchObject({ kind: "none" });
    expect(read("image", new Uint8Array([0xff, 0xd8, 0xff]), false)).toMatchObject({ kind: "none" });
  });
  it("is no text where bytes are none", () => {
    expect(textOf(new Uint8Array([65, 0, 66]), true)).toBeNull();
    expect(textOf(new Uint8Array([0xc3, 0x28]), true)).toBeNull();
    expect(textOf(new Uint8Array([65, 0xc3]), false)).toBe("A");
    expect(read("unknown", new Uint8Array([0x50, 0x41, 0x52, 0x31, 0]), true)).toMatchObject({ kind: "none" });
  });
  it("is read in a cell by code that holds its name as a text", () => {
    expect(snippetFor('a"b.parquet')).toBe('pl.scan_parquet(flowfile.get_shared_location("a\\"b.parquet")).head(20).collect()');
  });
});
