import { describe, expect, it } from "vitest";
import { listed } from "../src/notebook/panels/listing";
import { getGlobal, literal, readArtifact, readInput, variableFor } from "../src/notebook/panels/snippets";
import { inputsOf, parted, upstreamOf, type Output } from "../src/notebook/panels/tables";
import { tabOf } from "../src/notebook/panels/tabs";

const variable = (name: string, type: string, size: number | null) => ({ name, type, size, repr: "…" });

describe("variables in the panel", () => {
  const all = [variable("b", "int", 28), variable("frame", "DataFrame", 5_000), variable("a", "str", null)];
  const names = (...given: Parameters<typeof listed>): string[] => listed(...given).map(({ name }) => name);
  it("stand by name, type or size, an unknown size last", () => {
    expect(names(all, "", "name")).toEqual(["a", "b", "frame"]);
    expect(names(all, "", "type")).toEqual(["frame", "b", "a"]);
    expect(names(all, "", "size")).toEqual(["frame", "b", "a"]);
  });
  it("are found by words of name and type", () => {
    expect(names(all, "FRA data", "name")).toEqual(["frame"]);
    expect(names(all, "nothing", "name")).toEqual([]);
  });
});

describe("code that panels insert", () => {
  it("reads an input by its name, and without one where that is main", () => {
    expect(readInput("main")).toBe("df = flowfile.read_input()");
    expect(readInput("orders")).toBe('orders = flowfile.read_input("orders")');
  });
  it("is Python whatever a name holds", () => {
    expect(readArtifact('a"b\\c\n')).toBe('a_b_c = flowfile.read_artifact("a\\"b\\\\c\\n")');
    expect(literal("\u2028é😀")).toBe('"\\u2028é😀"');
    expect(variableFor("class")).toBe("class_");
    expect(variableFor("pl")).toBe("pl_");
    expect(variableFor("2024 sales")).toBe("value_2024_sales");
    expect(variableFor("日本")).toBe("value");
  });
  it("names a catalog's namespace where it is not the usual one", () => {
    expect(getGlobal({ name: "model", namespace: "default" })).toBe('model = flowfile.get_global("model")');
    expect(getGlobal({ name: "model", namespace: "b" })).toBe('model = flowfile.get_global("model", namespace="b")');
  });
});

describe("what comes into a node", () => {
  const node = (id: string, name: string) => ({ id, name, type: "python_script", kernel: null, settings: {}, position: null });
  const wire = (from: string, to: string, input: string | null = null, output = "main") => ({ from, to, input, output });
  const flow = {
    nodes: [node("a", "Raw flights"), node("b", "Clean"), node("c", "Model"), node("d", "Other")],
    connections: [wire("a", "b"), wire("b", "c", "clean"), wire("a", "c"), wire("c", "c")],
  };
  const table = { node_id: "a", name: "main", rows: 5, columns: [{ name: "x", type: "Int64" }], size: 10 } as Output;
  it("has its connection's name, or else that of the node it is from", () => {
    const [first, second] = inputsOf(flow, "c", [table]);
    expect([first?.name, first?.fromName, first?.table]).toEqual(["clean", "Clean", null]);
    expect([second?.name, second?.table]).toEqual(["raw_flights", table]);
    expect(inputsOf(flow, "d", [table])).toEqual([]);
  });
  it("is upstream near and far, circles included", () => {
    expect([...upstreamOf(flow, "c")].sort()).toEqual(["a", "b"]);
    expect(upstreamOf(flow, "a").size).toBe(0);
  });
  it("has artifacts of nodes before it, of its own, and of others", () => {
    const some = ["a", "c", "d", ""].map((node_id) => ({ node_id }));
    const { here, upstream, elsewhere } = parted(some, "c", upstreamOf(flow, "c"));
    expect([here, upstream, elsewhere].map((list) => list.map((one) => one.node_id))).toEqual([["c"], ["a", ""], ["d"]]);
    expect(parted(some, null, new Set()).here).toHaveLength(4);
  });
});

it("only known panels are opened by an address", () => {
  expect(tabOf("inputs")).toBe("inputs");
  expect(tabOf("else")).toBeNull();
});
