import { describe, expect, it } from "vitest";
import type { Kernel } from "../src/api/types";
import { formOf } from "../src/flows/importing";
import { kernelsOf } from "../src/flows/kernels";
import { draftFor, isReady, parametersOf, valuesOf, wrongWith } from "../src/flows/parameters";
import { placeInWords, readSettings } from "../src/flows/settings";
import { indexed } from "../src/kernels/indexed";

const DECLARED = {
  year: { type: "integer", default: 2013, description: "Of the flights" }, rate: { type: "number" }, name: { type: "string", default: "" },
  dry: { type: "boolean", default: false }, day: { type: "date", default: "2013-07-04" }, bare: 1.5,
};

describe("parameters", () => {
  it("are read with their types; a bare value is its own default", () => {
    const found = parametersOf(DECLARED);
    expect(found.map((one) => [one.name, one.type, one.required])).toEqual([
      ["year", "integer", false], ["rate", "number", true], ["name", "string", false], ["dry", "boolean", false], ["day", "date", false], ["bare", "number", false],
    ]);
    expect(found[0]?.about).toBe("Of the flights");
  });

  it("are wrong where they are of another type, and required where they have no default", () => {
    const [year, rate, name, , day] = parametersOf(DECLARED);
    expect(year && [wrongWith(year, "2013"), wrongWith(year, "20.5")]).toEqual([null, expect.stringContaining("whole")]);
    expect(rate && [wrongWith(rate, ""), wrongWith(rate, "1e3"), wrongWith(rate, "many")]).toEqual([expect.stringContaining("no default"), null, expect.any(String)]);
    expect(day && [wrongWith(day, "2013-02-30"), wrongWith(day, "2012-02-29")]).toEqual([expect.any(String), null]);
    expect(name && wrongWith(name, "<b>anything</b>")).toBeNull();
  });

  it("are sent as their types, what is as its default not at all", () => {
    const all = parametersOf(DECLARED);
    const draft = draftFor(all);
    expect(isReady(all, draft)).toBe(false);
    const written = { ...draft, rate: "0.5", dry: "true", year: "2014" };
    expect(isReady(all, written)).toBe(true);
    expect(valuesOf(all, written)).toEqual({ year: 2014, rate: 0.5, dry: true });
    expect(draftFor(all, { year: 2011 })["year"]).toBe("2011");
  });
});

describe("settings", () => {
  it("show cells in both forms, a query, and where data comes from", () => {
    expect(readSettings({ type: "python_script", settings: { cells: ["x = 1", { id: "c", code: "y = 2" }], timeout_s: 60 } })).toEqual({
      codes: [{ id: "1", code: "x = 1", sql: false }, { id: "c", code: "y = 2", sql: false }], facts: [["Time limit, s", "60"]], tables: null,
    });
    expect(readSettings({ type: "sql", settings: { query: "select 1" } }).codes).toEqual([{ id: "query", code: "select 1", sql: true }]);
    expect(placeInWords({ kind: "file", path: { parameter: "path" }, format: "json_lines" })).toBe("file as the parameter path says, json lines");
    expect(placeInWords({ kind: "catalog", name: "delays", namespace: "lab", version: 3 })).toBe("catalog lab::delays, version 3");
    const table = readSettings({ type: "input", settings: { source: { kind: "table", columns: [{ name: "a", type: "Int64" }], rows: [[1]] } } });
    expect(table.tables).toEqual({ columns: ["a"], rows: [[1]] });
  });
});

describe("kernels of a flow", () => {
  const kernel = (id: string, uid: string, part: Partial<Kernel> = {}) =>
    ({ id, uid, name: id, state: "ready", desired_state: "running", restart_at: null, access: "owner", ...part }) as Kernel;
  const node = (id: string, named: string | null) => ({ id, type: "sql", name: id, kernel: named, settings: {} });

  it("are found by id and by uid, one's own before another's of the same id", () => {
    const list = [kernel("k", "theirs", { access: "viewer" }), kernel("k", "mine"), kernel("down", "d", { state: "stopped", desired_state: "stopped" })];
    const byId = indexed(list);
    expect([byId.get("k")?.uid, byId.get("theirs")?.uid]).toEqual(["mine", "theirs"]);
    const used = kernelsOf({ nodes: [node("a", null), node("b", "d"), node("c", "gone")], default_kernel: "k" }, byId);
    expect([used.known.map((one) => one.uid), used.down.map((one) => one.uid), used.unknown, used.missing]).toEqual([["mine", "d"], ["d"], ["gone"], []]);
    expect(kernelsOf({ nodes: [node("a", null)], default_kernel: null }, byId).missing).toEqual(["a"]);
  });
});

describe("a file with a flow", () => {
  it("is read by its ending, else by how it begins", () => {
    expect(["a.json", "b.YAML", "c.yml", "flow"].map(formOf)).toEqual(["json", "yaml", "yaml", null]);
  });
});
