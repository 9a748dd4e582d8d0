import { describe, expect, it } from "vitest";
import type { NodeRun } from "../src/api/runs";
import { drawingOf, nameOf, subLine, wireLook, wireWords } from "../src/flows/graph/model";
import { HEIGHT, heightOf, inLayers, placesOf, WIDTH } from "../src/flows/layout";

const ids = (...names: string[]) => names.map((id) => ({ id }));

describe("layout", () => {
  it("puts what depends on another to its right, and no two nodes on one another", () => {
    const places = placesOf(ids("a", "b", "c", "d"), [{ from: "a", to: "b" }, { from: "a", to: "c" }, { from: "b", to: "d" }]);
    const at = (id: string) => places.get(id) ?? { x: 0, y: 0 };
    expect(at("b").x).toBeGreaterThan(at("a").x + WIDTH);
    expect(at("d").x).toBeGreaterThan(at("b").x + WIDTH);
    expect(Math.abs(at("b").y - at("c").y)).toBeGreaterThanOrEqual(HEIGHT);
    expect(heightOf(places)).toBeGreaterThanOrEqual(2 * HEIGHT);
  });

  it("leaves out wires whose ends are not there, and takes circles and nothing", () => {
    expect(placesOf(ids("a"), [{ from: "a", to: "gone" }]).size).toBe(1);
    expect(placesOf(ids("a", "b"), [{ from: "a", to: "b" }, { from: "b", to: "a" }]).size).toBe(2);
    expect(heightOf(placesOf([], []))).toBe(0);
  });

  it("has what is joined side by side in a large flow, too", () => {
    const pairs = Array.from({ length: 60 }, (_, index) => [`a${index}`, `b${59 - index}`] as const);
    const places = placesOf(ids(...pairs.map(([a]) => a), ...pairs.map(([, b]) => b).sort()), pairs.map(([from, to]) => ({ from, to })));
    expect(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(120);
    expect(pairs.every(([a, b]) => places.get(a)?.y === places.get(b)?.y)).toBe(true);
  });

  it("takes a chain of ten thousand without recursion", () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `n${index}`);
    const places = inLayers(ids(...names), names.slice(1).map((to, index) => ({ from: `n${index}`, to })));
    expect(places.get("n9999")?.x).toBeGreaterThan(places.get("n9998")?.x ?? 0);
    expect(heightOf(places)).toBe(HEIGHT);
  });
});

const done = (part: Partial<NodeRun>) => ({ node_id: "a", state: "succeeded", error: null, reason: null, rows_out: null, run_s: null, ...part }) as NodeRun;
const one = (part: Partial<NodeRun>) => {
  const nodes = [{ id: "a", name: "", type: "sql", kernel: "k" }, { id: "b", name: "B", type: "output", kernel: null }];
  return drawingOf(nodes, [{ from: "a", output: "main", to: "b", input: "t" }], [done(part)], (id) => id.toUpperCase());
};

describe("what the canvas draws", () => {
  it("has states on nodes, and their id where they have no name", () => {
    const [a, b] = one({ rows_out: 12_000, run_s: 1.2, finished_at: "2026-01-01T00:00:00Z" }).nodes;
    expect(a && [a.name, subLine(a)]).toEqual(["a", "12,000 rows · 1.2 s · K"]);
    expect(b?.done).toBeNull();
  });

  it("tells a failure on the node itself, in one line", () => {
    const [a] = one({ state: "failed", error: { type: "ValueError", message: "no\nmore", line: null, traceback: null } }).nodes;
    expect(a && nameOf(a, "Failed")).toBe("a, SQL, Failed, ValueError: no");
  });

  it("has solid wires behind what is done", () => {
    const look = (state: NodeRun["state"]) => {
      const { nodes, wires } = one({ state });
      const [wire] = wires;
      return wire && wireLook(wire, new Map(nodes.map((node) => [node.id, node])));
    };
    expect([look("succeeded"), look("cached"), look("running")]).toEqual(["solid", "solid", "waiting"]);
  });

  it("names inputs on wires, and outputs that are not the main one", () => {
    const wire = { from: "a", to: "b", output: "main", input: "t" };
    expect([wireWords(wire), wireWords({ ...wire, output: "rest" }), wireWords({ ...wire, output: "rest", input: null })]).toEqual(["t", "rest → t", "rest"]);
  });
});
