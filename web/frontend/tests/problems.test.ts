import { describe, expect, it } from "vitest";
import { ApiError } from "../src/api/client";
import type { FlowDocument, FlowNode } from "../src/api/flows";
import { problemIn, problemsOf, wrongAt } from "../src/flows/editing/problems";
import { isWrong, pasted, tableIn, valueOf, withColumn, withHead, withoutColumn, withRow, wrongInTable } from "../src/flows/editing/tables";
import { defaultIn, rename, retyped } from "../src/flows/editing/parameterChanges";
import { numberIn } from "../src/flows/editing/fields/NumberField";

const node = (id: string, part: Partial<FlowNode> = {}): FlowNode => ({ id, type: "python_script", name: id, kernel: null, settings: {}, ...part });
const flow = (part: Partial<FlowDocument>): FlowDocument => ({ name: "f", nodes: [], connections: [], parameters: {}, default_kernel: "k", ...part });
const told = (document: FlowDocument) => problemsOf(document).map(({ where, field, stops }) => `${where} ${field} ${stops}`);

describe("what is wrong with a flow", () => {
  it("is nothing where nothing is", () => {
    const settings = { cells: [], outputs: ["main"], timeout_s: 5, retries: { max: 2, delay_s: 1, backoff: 2, jitter: 0.5 } };
    expect(told(flow({ nodes: [node("a", { settings })], parameters: { year: { type: "integer", default: 2013 } } }))).toEqual([]);
  });

  it("is named by its node and field", () => {
    const settings = { timeout_s: 0, retries: { max: 11, delay_s: "soon", backoff: 0, jitter: 2 }, outputs: ["a", "a/b"] };
    expect(told(flow({ nodes: [node("a", { name: " ", settings })] }))).toEqual([
      "a name save", "a settings.timeout_s save", "a settings.retries.max save", "a settings.retries.delay_s save", "a settings.retries.backoff save",
      "a settings.retries.jitter save", "a settings.outputs save",
    ]);
  });

  it("keeps from a run what may be saved all the same", () => {
    const nodes = [node("i", { type: "input" }), node("q", { type: "sql", settings: { query: " " } }), node("o", { type: "output" })];
    expect(told(flow({ nodes, default_kernel: null }))).toEqual([
      "i kernel run", "i settings.source run", "q kernel run", "q settings.query run", "o kernel run", "o settings.target run",
    ]);
  });

  it("is a path that leads out, a parameter that is none or no text, an input's name that no code could say", () => {
    const reads = (path: unknown) => [node("a", { type: "input", settings: { source: { kind: "file", path, format: "csv" } } })];
    for (const path of ["../a", "/a", "a//b", { parameter: "gone" }, { parameter: "n" }]) {
      expect(told(flow({ nodes: reads(path), parameters: { n: 1 } }))).toEqual(["a settings.source.path save"]);
    }
    const wires = [{ from: "a", output: "main", to: "b", input: "Not so" }];
    expect(told(flow({ nodes: [node("a"), node("b")], connections: wires }))).toEqual(['["a","main","b"] input save']);
  });

  it("is a default that is no value of its type", () => {
    expect(told(flow({ parameters: { year: { type: "integer", default: "soon" }, "1x": { type: "string", default: "" } } }))).toEqual([
      " parameters.1x save", " parameters.year.default save",
    ].sort().reverse());
  });
});

describe("what the server refuses", () => {
  const document = flow({ nodes: [node("a"), node("b")], connections: [{ from: "a", output: "main", to: "b", input: null }] });
  const refused = (field: string | null, words: string) => problemIn(new ApiError(422, "bad_field", words, field), document);

  it("stands at the field of the node that it names, without naming it twice", () => {
    const found = refused("nodes[1].settings.retries.max", "node b (b): a whole number from 0 to 10 is needed");
    expect(found).toEqual({ where: "b", field: "settings.retries.max", words: "A whole number from 0 to 10 is needed.", stops: "save" });
    expect(found && wrongAt([found], "b", "settings.retries")).toBe("A whole number from 0 to 10 is needed.");
    expect(found && wrongAt([found], "b", "settings.retries.delay_s")).toBeNull();
  });

  it("stands at a wire or a parameter, and nowhere where nothing of it is there", () => {
    expect(refused("connections[0].input", "no")?.where).toBe('["a","main","b"]');
    expect(refused("parameters.year.default", "no")?.field).toBe("parameters.year.default");
    expect([refused("nodes[7].id", "no"), refused("connections", "a circle"), refused(null, "no")]).toEqual([null, null, null]);
  });
});

describe("a table that is written", () => {
  const table = tableIn({ columns: [{ name: "n", type: "Int64" }, { name: "t", type: "String" }], rows: [[1, "x"]] });

  it("has values of its columns' types, and says what is none", () => {
    expect([valueOf("7", "Int8"), valueOf(" 0.50", "Float64"), valueOf("no", "Boolean"), valueOf("", "Date"), valueOf("", "String")]).toEqual([7, 0.5, false, null, ""]);
    expect([isWrong(300, "Int8"), isWrong("x", "Int64"), isWrong("2013-1-1", "Date"), isWrong("2013-01-01", "Date"), isWrong(null, "Int64")]).toEqual([true, true, true, false, false]);
    expect(wrongInTable({ ...table, rows: [[1, "x"], ["soon", "y"]] })).toBe("Row 2, n: “soon” is no Int64.");
    expect(wrongInTable({ ...table, columns: [{ name: "a", type: "String" }, { name: "a", type: "String" }], rows: [] })).toContain("twice");
  });

  it("takes over what a sheet copies, and grows by it downwards", () => {
    expect(pasted(table, 0, 0, "1\ta\r\n2\tb\r\n3\tc\n").rows).toEqual([[1, "a"], [2, "b"], [3, "c"]]);
    expect(pasted(table, 0, 1, "z\tbeyond").rows).toEqual([[1, "z"]]);
  });

  it("grows and shrinks by columns and rows, and reads again what gets another type", () => {
    expect(withRow(withColumn(table)).rows).toEqual([[1, "x", ""], [null, "", ""]]);
    expect(withoutColumn(table, 0)).toEqual({ kind: "table", columns: [{ name: "t", type: "String" }], rows: [["x"]] });
    expect(withHead(table, 0, { type: "String" }).rows).toEqual([["1", "x"]]);
    expect(withHead(withHead(table, 0, { type: "String" }), 0, { type: "Float64" }).rows).toEqual([[1, "x"]]);
  });
});

describe("numbers and parameters", () => {
  it("stay text where they are none", () => {
    expect([numberIn("1.50"), numberIn(" "), numberIn("1e"), numberIn("-")]).toEqual([1.5, undefined, "1e", "-"]);
    expect([defaultIn("7", "integer"), defaultIn("7.5", "integer"), defaultIn("0.10", "number"), defaultIn("true", "boolean")]).toEqual([7, "7.5", 0.1, true]);
  });

  it("keep their order when one is renamed, and no two get one name", () => {
    const parameters = { a: { type: "string", default: "" }, b: 1 };
    expect(Object.keys(rename(parameters, 0, "z"))).toEqual(["z", "b"]);
    expect(rename(parameters, 0, "b")).toBe(parameters);
  });

  it("keep a default that their new type has, too", () => {
    expect(retyped({ type: "string", default: "2013" }, "integer")).toEqual({ type: "integer", default: 2013 });
    expect(retyped({ type: "string", default: "soon", description: "d" }, "date")).toEqual({ type: "date", description: "d" });
  });
});
