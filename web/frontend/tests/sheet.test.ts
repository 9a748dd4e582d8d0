import { describe, expect, test } from "vitest";
import * as sheets from "../src/notebook/cells/sheet";

const row = (seq: number, code: string, cleared = false) => ({ id: `e${seq}`, seq, code, cleared });
const codes = (sheet: sheets.Sheet) => sheet.cells.map((cell) => `${cell.code}:${cell.run}`);
const { adopt, emptySheet } = sheets;

describe("the list of cells", () => {
  test("executions become cells in their order", () => {
    expect(codes(adopt(emptySheet, [row(1, "a"), row(2, "b")]))).toEqual(["a:e1", "b:e2"]);
  });
  test("the same code again is the same cell, with its newest execution", () => {
    expect(codes(adopt(emptySheet, [row(1, "a"), row(2, "b"), row(3, "a")]))).toEqual(["a:e3", "b:e2"]);
  });
  test("at first the last twenty are enough", () => {
    const many = Array.from({ length: 60 }, (_, index) => row(index, `c${index}`));
    expect(adopt(emptySheet, many).cells).toHaveLength(20);
  });
  test("nothing is adopted twice", () => {
    const once = adopt(emptySheet, [row(1, "a")]);
    expect(adopt(once, [row(1, "a")])).toBe(once);
  });
  test("an execution that its cell has left behind does not come back", () => {
    let sheet = adopt(emptySheet, [row(1, "a")]);
    const id = sheet.cells[0]?.id ?? "";
    sheet = sheets.bind(sheets.bind(sheet, new Map([[id, "e2"]])), new Map([[id, "e3"]]));
    sheet = sheets.change(sheet, id, { code: "edited" });
    expect(codes(adopt(sheet, [row(1, "a"), row(2, "a"), row(3, "a")]))).toEqual(["edited:e3"]);
  });
  test("a deleted cell does not come back", () => {
    const sheet = adopt(emptySheet, [row(1, "a")]);
    const bound = sheets.bind(sheet, new Map([[sheet.cells[0]?.id ?? "", "e2"]]));
    expect(codes(adopt(sheets.remove(bound, bound.cells[0]?.id ?? ""), [row(1, "a"), row(2, "a")]))).toEqual([]);
  });
  test("cleared outputs do not come back", () => {
    const cleared = sheets.clearOutputs(adopt(emptySheet, [row(1, "a")]), new Set(["e1", "e9"]));
    expect(codes(adopt(cleared, [row(1, "a")]))).toEqual(["a:null"]);
  });
  test("what was cleared elsewhere comes without its output, and takes none away that is newer", () => {
    expect(codes(adopt(emptySheet, [row(1, "a", true), row(2, "b")]))).toEqual(["a:null", "b:e2"]);
    const sheet = adopt(emptySheet, [row(1, "a"), row(2, "a")]);
    expect(sheets.clearOutputs(sheet, new Set(["e1"]))).toBe(sheet);
  });
  test("cells move within the list and not out of it", () => {
    const sheet = adopt(emptySheet, [row(1, "a"), row(2, "b")]);
    const [a, b] = sheet.cells;
    expect(codes(sheets.move(sheet, b?.id ?? "", -1))).toEqual(["b:e2", "a:e1"]);
    expect(sheets.move(sheet, a?.id ?? "", -1)).toBe(sheet);
  });
  test("another tab's list keeps what is typed here", () => {
    const mine = adopt(emptySheet, [row(1, "a"), row(2, "b")]);
    const id = mine.cells[0]?.id ?? "";
    const theirs = sheets.bind(mine, new Map([[mine.cells[1]?.id ?? "", "e5"]]));
    const merged = sheets.merge(theirs, sheets.change(mine, id, { code: "typing" }), id);
    expect(codes(merged)).toEqual(["typing:e1", "b:e5"]);
  });
  test("what was kept damaged is an empty list", () => expect(sheets.readSheet("{]")).toEqual(emptySheet));
});
