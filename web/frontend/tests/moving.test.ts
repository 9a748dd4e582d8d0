import { describe, expect, it } from "vitest";
import type { FlowDocument } from "../src/api/flows";
import { addNode, connect, duplicate } from "../src/flows/editing/changes";
import { layOut, move, placeFor } from "../src/flows/editing/moving";
import { BETWEEN, HEIGHT, placesOf, WIDTH } from "../src/flows/layout";

const EMPTY: FlowDocument = { name: "f", nodes: [], connections: [], parameters: {}, default_kernel: null };
const two = (): FlowDocument => connect(addNode(addNode(EMPTY, "input").flow, "sql").flow, "input", "query");
const at = (flow: FlowDocument, id: string) => flow.nodes.find((one) => one.id === id)?.position;

describe("where nodes stand", () => {
  it("is said of all as soon as one is moved, in whole numbers within bounds", () => {
    const flow = two();
    const before = placesOf(flow.nodes, flow.connections);
    const moved = move(flow, new Map([["query", { x: 300.4, y: -1e9 }]]));
    expect(at(moved, "query")).toEqual({ x: 300, y: -1_000_000 });
    expect(at(moved, "input")).toEqual({ x: Math.round(before.get("input")?.x ?? 1), y: Math.round(before.get("input")?.y ?? 1) });
    expect(Object.keys(moved.nodes[0]?.position ?? {})).toEqual(["x", "y"]);
  });

  it("changes nothing where nothing was moved, and only what was", () => {
    const flow = two();
    const place = placesOf(flow.nodes, flow.connections).get("query") ?? { x: 0, y: 0 };
    expect(move(flow, new Map([["query", place]]))).toBe(flow);
    const moved = move(flow, new Map([["query", { x: 500, y: 0 }]]));
    expect(move(moved, new Map([["query", { x: 600, y: 0 }]])).nodes[0]).toBe(moved.nodes[0]);
  });

  it("is left out again when the flow is laid out by its connections", () => {
    const flow = move(two(), new Map([["query", { x: 1, y: 2 }]]));
    expect(layOut(flow).nodes.every((one) => !("position" in one))).toBe(true);
    expect(layOut(two()).nodes[0]).toEqual(two().nodes[0]);
  });

  it("never is on another node", () => {
    let flow = move(two(), new Map([["query", { x: 400, y: 0 }]]));
    const first = placeFor(flow, { beside: "query" });
    expect(first).toEqual({ x: 400 + WIDTH + BETWEEN, y: 0 });
    for (let number = 0; number < 5; number += 1) flow = addNode(flow, "sql", { beside: "query" }).flow;
    const places = flow.nodes.map((one) => one.position ?? { x: NaN, y: NaN });
    for (const [index, a] of places.entries()) {
      for (const b of places.slice(index + 1)) expect(Math.abs(a.x - b.x) >= WIDTH || Math.abs(a.y - b.y) >= HEIGHT).toBe(true);
    }
  });

  it("is beside what it reads for nodes of a file that say none", () => {
    const flow = move(two(), new Map([["query", { x: 400, y: 0 }]]));
    const grown = connect({ ...flow, nodes: [...flow.nodes, { id: "late", type: "sql", name: "late", kernel: null, settings: {} }] }, "query", "late");
    expect(placesOf(grown.nodes, grown.connections).get("late")).toEqual({ x: 400 + WIDTH + BETWEEN, y: 0 });
  });

  it("is beside the original for a copy", () => {
    const flow = move(two(), new Map([["query", { x: 400, y: 0 }]]));
    const { flow: copied, ids } = duplicate(flow, ["query"]);
    expect(ids).toEqual(["query-2"]);
    expect(at(copied, "query-2")).not.toEqual(at(copied, "query"));
  });
});
