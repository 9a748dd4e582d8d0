import { expect, test } from "vitest";
import { keptRun } from "../src/notebook/runs/kept";

test("streams are text, tracebacks are errors", () => {
  const run = keptRun("c", [
    { output_type: "stream", name: "stdout", text: ["one\n", "two\n"] },
    { output_type: "error", ename: "ValueError", evalue: "no", traceback: ["line 1", "line 2"] },
  ]);
  expect(run.output.blocks[0]).toMatchObject({ kind: "text" });
  expect(run.error).toEqual({ type: "ValueError", message: "no", traceback: ["line 1", "line 2"] });
});

test("of a display all is kept but HTML, which has no address here", () => {
  const run = keptRun("c", [{ output_type: "execute_result", data: { "text/html": "<b>x</b>", "text/plain": ["a", "b"], "application/json": { n: 1 } } }]);
  expect(run.output.blocks).toMatchObject([{ kind: "display", data: { "text/plain": "ab", "application/json": { n: 1 } } }]);
});

test("HTML alone is told, not shown", () => {
  const [block] = keptRun("c", [{ output_type: "display_data", data: { "text/html": "<b>x</b>" } }]).output.blocks;
  expect(block).toMatchObject({ data: { "text/plain": expect.stringContaining("run the cell") as string } });
});

test("what is something else is left out", () => {
  expect(keptRun("c", [{ output_type: "surprise" }, { output_type: "display_data", data: null }, {}]).output.blocks).toHaveLength(1);
});
