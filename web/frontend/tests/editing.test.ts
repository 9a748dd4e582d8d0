import { describe, expect, it } from "vitest";
import type { FlowDocument } from "../src/api/flows";
import {
  addNode, cannotConnect, cellsOf, changeConnection, changeNode, changeSettings, connect, removeNode, withCell,
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
    expect(flow.nodes[0]?.settings).toEqual({ source: { kind: "file", path: "", format: "parquet" } });
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
    expect(removeNode(flow, "script").connections).toEqual([]);
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
