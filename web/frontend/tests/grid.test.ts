import { describe, expect, test } from "vitest";
import { compare, holds, isFilter, NO_FILTER, passes } from "../src/grid/arranging";
import { shape } from "../src/grid/GridFooter";
import { area, moved } from "../src/grid/moving";
import { heights, statisticsOf } from "../src/grid/statistics";
import { kindOf, readTable, type Table, type Value } from "../src/grid/table";
import { NARROWEST, widthOf } from "../src/grid/widths";
import { brief, nameOf, placeWords, separated, titled, written } from "../src/grid/words";

const of = (type: string, values: Value[], total = values.length): Table => ({
  columns: [{ name: "x", type }], rows: values.map((value) => [value]), total,
});

describe("a table", () => {
  test("that is none is told from one", () => {
    for (const junk of [null, 1, {}, { columns: [1], rows: [] }, { columns: [], rows: 3 }]) expect(readTable(junk)).toBeNull();
  });
  test("keeps columns of one name, and of none, apart", () => {
    const read = readTable({ columns: [{ name: "", type: "i64" }, { name: "a", type: "i64" }, { name: "a", type: "i64" }], rows: [[1, 2, 3]] });
    expect(read?.columns.map(nameOf)).toEqual(["column 1, without a name", "a", "a"]);
  });
  test("has kinds by values, and by type where JSON has none for them", () => {
    expect(kindOf(of("Int64", [null, 3]), 0)).toBe("number");
    expect(kindOf(of("Decimal(10, 2)", ["1.50", "12"]), 0)).toBe("number");
    expect(kindOf(of("Datetime(us)", ["2013-01-01T05:00:00"]), 0)).toBe("time");
    expect(kindOf(of("String", ["12", "2013-01-01"]), 0)).toBe("text");
    expect(kindOf(of("Boolean", [true, null]), 0)).toBe("bool");
    expect(kindOf(of("List(Int64)", [[1], [2]]), 0)).toBe("nested");
    expect(kindOf(of("Float64", [null, null]), 0)).toBe("text");
  });
});

describe("narrowing", () => {
  const only = (filter: Partial<typeof NO_FILTER>) => ({ ...NO_FILTER, ...filter });
  test("by a range takes numbers and times, and no nulls", () => {
    expect([1, 5, 9, null].filter((one) => passes(one, only({ low: "2", high: " 5 " }), "number"))).toEqual([5]);
    expect(passes("12.5", only({ low: "12" }), "number")).toBe(true);
    expect(passes("2013-02-01", only({ low: "2013-01-15" }), "time")).toBe(true);
    expect(passes("2013-01-01", only({ low: "2013-01-15" }), "time")).toBe(false);
  });
  test("by what is no number narrows to nothing less", () => expect(passes(3, only({ low: "abc" }), "number")).toBe(true));
  test("by text looks anywhere, whatever the case", () => expect(passes("Newark", only({ text: "EWA" }), "text")).toBe(true));
  test("by a value takes that value", () => {
    expect(["a", "ab", null].filter((one) => passes(one, only({ is: "a" }), "text"))).toEqual(["a"]);
    expect(passes(true, only({ is: "true" }), "bool")).toBe(true);
  });
  test("by nulls takes them, or all the others", () => {
    expect([1, null].filter((one) => passes(one, only({ missing: "only" }), "number"))).toEqual([null]);
    expect([1, null].filter((one) => passes(one, only({ missing: "without" }), "number"))).toEqual([1]);
    expect(isFilter(NO_FILTER)).toBe(false);
  });
  test("by search looks into nested values too", () => expect(holds([1, { a: "Xyz" }], "xyz")).toBe(true));
});

describe("order", () => {
  test("is that of numbers, also of those that are written", () => {
    expect(["10", "9"].sort((a, b) => compare(a, b, "number"))).toEqual(["9", "10"]);
    expect([3, 1].sort((a, b) => compare(a, b, "number"))).toEqual([1, 3]);
  });
  test("of text is as people sort it", () => expect(["b10", "b9"].sort((a, b) => compare(a, b, "text"))).toEqual(["b9", "b10"]));
});

describe("figures", () => {
  test("count nulls, different values, and where values lie", () => {
    const found = statisticsOf(of("Int64", [0, 10, 10, null], 9), 0);
    expect(found).toMatchObject({ rows: 4, whole: false, nulls: 1, distinct: 2, min: 0, max: 10 });
    expect(found.mean).toBeCloseTo(20 / 3);
    expect(found.bars?.counts.reduce((sum, one) => sum + one)).toBe(3);
    expect(Math.max(...heights(found))).toBe(1);
  });
  test("of one value have no range", () => expect(statisticsOf(of("Int64", [1, 1]), 0).bars).toBeNull());
  test("that came with the table are of the whole of it", () => {
    const table = of("Int64", [1, 2]);
    const bars = { low: 0, high: 99, counts: [50, 50] };
    const figures = { rows: 100, whole: true, nulls: 7, min: 0, max: 99, mean: 49, bars };
    table.columns = [{ name: "x", type: "Int64", figures }];
    expect(statisticsOf(table, 0)).toMatchObject({ ...figures, distinct: 2 });
  });
  test("of text are its most frequent values", () => {
    const found = statisticsOf(of("String", ["a", "b", "b", ""]), 0);
    expect(found.top).toEqual([["b", 2]]);
    expect(heights(found)).toEqual([1]);
  });
  test("of times are said as times", () => {
    const found = statisticsOf(of("Date", ["2013-01-01", "2013-12-31"]), 0);
    expect(found.min).toBe("2013-01-01");
    expect(placeWords(found.bars?.high ?? 0, "time", "Date")).toBe("2013-12-31");
  });
  test("of numbers without end are left out", () => expect(statisticsOf(of("Float64", [-1.7e308, 1.7e308]), 0).bars).toBeNull());
});

describe("words", () => {
  test("long fractions are shown short", () => expect([brief(1 / 3), brief(12), brief(null)]).toEqual(["0.333333", "12", "null"]));
  test("of a value of megabytes only the beginning is drawn", () => {
    const long = "a".repeat(10_000_000);
    expect([brief(long).length, titled(long).length]).toEqual([201, 1001]);
    expect(brief([long]).length).toBe(201);
  });
  test("rows are copied as spreadsheets take them", () => {
    expect(separated([["a\tb", null, 'say "x"'], [1, true, [2]]])).toBe('"a\tb"\t\t"say ""x"""\n1\ttrue\t[2]');
    expect(written([[1, 2, 3], [4, 5, 6]], { top: 0, bottom: 1, left: 1, right: 2 })).toBe("2\t3\n5\t6");
  });
  test("the footer says how much is there and how much is not", () => {
    const table = { columns: Array.from({ length: 19 }, () => ({ name: "", type: "" })), rows: new Array<Value[]>(10_000).fill([]), total: 336_776 };
    expect(shape(table, 10_000, false)).toBe("336,776 × 19, first 10,000 shown");
    expect(shape(table, 3, true)).toBe("3 found in 336,776 × 19, first 10,000 shown");
  });
});

describe("keys", () => {
  const extent = { rows: 100, columns: 5, page: 10 };
  test("move by one, by a page, and to the ends", () => {
    expect(moved({ row: 0, column: 0 }, "ArrowUp", false, extent)).toEqual({ row: -1, column: 0 });
    expect(moved({ row: -1, column: 0 }, "ArrowUp", false, extent)).toEqual({ row: -1, column: 0 });
    expect(moved({ row: 95, column: 4 }, "PageDown", false, extent)).toEqual({ row: 99, column: 4 });
    expect(moved({ row: 50, column: 2 }, "Home", true, extent)).toEqual({ row: 0, column: 0 });
    expect(moved({ row: 50, column: 2 }, "ArrowRight", true, extent)).toEqual({ row: 50, column: 4 });
    expect(moved({ row: 50, column: 2 }, "x", false, extent)).toBeNull();
  });
  test("of a table without rows stay in its header", () => {
    expect(moved({ row: -1, column: 0 }, "ArrowDown", false, { ...extent, rows: 0 })).toEqual({ row: -1, column: 0 });
  });
  test("select an area from either corner", () => {
    expect(area({ from: { row: 5, column: 3 }, to: { row: 2, column: 4 } })).toEqual({ top: 2, bottom: 5, left: 3, right: 4 });
  });
});

test("columns are as wide as what they hold, within bounds", () => {
  expect(widthOf(of("i64", [1]), 0)).toBe(NARROWEST);
  expect(widthOf(of("String", ["x".repeat(500)]), 0)).toBe(320);
});
