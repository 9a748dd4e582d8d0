import { describe, expect, it } from "vitest";
import type { RunLog } from "../src/api/runs";
import { inOrder, isLike, liveLines } from "../src/runs/logs";

const OF = { node: "a", execution: "k-1", kernel: "k", flow: "f" };
const lines = (...said: [number, string, string][]): RunLog[] => liveLines(OF, said.map(([at, level, message]) => ({ at, level, message })));

describe("lines that come while a node runs", () => {
  it("are as the ledger has them", () => {
    expect(lines([1.5, "INFO", "x"])).toEqual([{
      at: "1970-01-01T00:00:01.500Z", level: "INFO", message: "x", logger: "flowfile", kernel_id: "k", flow_id: "f", node_id: "a", execution_id: "k-1",
    }]);
  });

  it("are the last ones where there are very many", () => {
    const many = lines(...Array.from({ length: 5_000 }, (_, index): [number, string, string] => [index, "INFO", String(index)]));
    expect([many.length, many[0]?.message]).toEqual([2_000, "3000"]);
  });

  it("are narrowed as recorded ones are", () => {
    const [info, bad] = lines([1, "INFO", "Came <b>in</b>"], [2, "ERROR", "no luck"]);
    if (!info || !bad) throw new Error("no lines");
    expect([isLike(info, { level: "ERROR" }), isLike(bad, { level: "WARNING" })]).toEqual([false, true]);
    expect([isLike(info, { find: "CAME" }), isLike(info, { find: "luck" })]).toEqual([true, false]);
    expect([isLike(info, { node: "b" }), isLike(info, { node: "a" }), isLike(info, {})]).toEqual([false, true, true]);
  });

  it("stand among recorded ones by their time", () => {
    expect(inOrder(lines([3, "INFO", "c"], [1, "INFO", "a"]), lines([2, "INFO", "b"])).map((one) => one.message)).toEqual(["a", "b", "c"]);
  });
});
