import { describe, expect, it } from "vitest";
import type { FlowDocument } from "../src/api/flows";
import {
  addNode, cannotConnect, cellsOf, changeConnection, changeNode, changeSettings, cleaned, connect, duplicate, joinable, removeNodes, withCell,
} from "../src/flows/editing/changes";
import { begin, change, redo, undo } from "../src/flows/editing/history";

const EMPTY: FlowDocument = { name: "f", nodes: [], connections: [], parameters: {}, default_kernel: null };

function three(): FlowDocument {
  let flow = EMPTY;
  for (const type of ["input", "python_script", "python_script"]) flow = addNode(flow, type).flow;
  return connect(connect(flow, "input", "script"), "script", "script-2");
}

describe("changes of a flow", () => {
  it("give each new node an id of its own and what its type begins with", () => {
    const flow = three();
    expect(flow.nodes.map((one) => [one.id, one.name])).toEqual([["input", "Input"], ["script", "Script"], ["script-2", "Script 2"]]);
    expect(flow.nodes[0]?.settings).toEqual({});
    expect(flow.nodes[1]?.settings).not.toBe(flow.nodes[2]?.settings);
  });

  it("refuse circles, loops and what is there already, in words", () => {
    const flow = three();
    expect(cannotConnect(flow, "script-2", "input")).toContain("circle");
    expect(cannotConnect(flow, "script", "script")).toContain("itself");
    expect(cannotConnect(flow, "input", "script")).toContain("already");
    expect(cannotConnect(flow, "input", "script-2")).toBeNull();
    expect(connect(flow, "script-2", "input")).toBe(flow);
  });

  it("remove a node with its connections, and a connection alone", () => {
    const flow = three();
    expect(removeNodes(flow, ["script"]).connections).toEqual([]);
    const [first] = flow.connections;
    if (!first) throw new Error("no connection");
    expect(changeConnection(flow, first, { input: "t" }).connections[0]).toEqual({ from: "input", output: "main", to: "script", input: "t" });
    expect(changeConnection(flow, first, null).connections).toHaveLength(1);
  });

  it("leave the document that they were made from as it was", () => {
    const flow = three();
    const before = structuredClone(flow);
    changeSettings(changeNode(flow, "script", { name: "x" }), "script", { timeout_s: 5 });
    expect(flow).toEqual(before);
  });

  it("read cells in both forms, and add one", () => {
    expect(withCell(cellsOf({ settings: { cells: ["a", { id: "c", code: "b" }] } }))).toEqual([
      { id: "c1", code: "a" }, { id: "c", code: "b" }, { id: "c-2", code: "" },
    ]);
  });
});

describe("undo", () => {
  it("goes back and forth; what was taken back is gone once something else is done", () => {
    let now = change(change(begin(1), 2), 3);
    now = undo(now);
    expect(now.present).toBe(2);
    expect(redo(now).present).toBe(3);
    now = change(now, 4);
    expect(redo(now).present).toBe(4);
    expect(undo(undo(undo(now))).present).toBe(1);
  });

  it("takes letters written into one field as one change", () => {
    const now = change(change(change(begin("a"), "ab", "name"), "abc", "name"), "x", "other");
    expect(undo(now).present).toBe("abc");
    expect(undo(undo(now)).present).toBe("a");
  });
});

describe("copies and joins", () => {
  it("copy nodes with the wires among them and from what they read", () => {
    const { flow, ids } = duplicate(three(), ["script", "script-2"]);
    expect(ids).toEqual(["script-3", "script-4"]);
    expect(flow.nodes.at(-1)?.name).toBe("Script 2 copy");
    expect(flow.connections.slice(2).map(({ from, to }) => `${from}>${to}`)).toEqual(["input>script-3", "script-3>script-4"]);
  });

  it("offer what would make no circle, no twin and no input of an input", () => {
    const { above, below } = joinable(three(), "script-2");
    expect([above.map((one) => one.id), below.map((one) => one.id)]).toEqual([["input"], []]);
    expect(joinable(three(), "input").below.map((one) => one.id)).toEqual(["script-2"]);
  });

  it("save no place that nobody filled in", () => {
    const [input] = cleaned({ ...EMPTY, nodes: [{ id: "a", type: "input", name: "a", kernel: null, settings: { source: { kind: "catalog", name: "" }, cache: true } }] }).nodes;
    expect(input?.settings).toEqual({ cache: true });
  });
});
