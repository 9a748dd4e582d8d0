import { expect, test } from "vitest";
import { change, emptySheet, insert, move, newCell, remove, type Sheet } from "../src/notebook/cells/sheet";
import { noSteps, redo, stepped, undo } from "../src/notebook/cells/steps";

const sheet: Sheet = { ...emptySheet, cells: [newCell("1", "code", "a"), newCell("2", "code", "b")] };
const told = (one: Sheet | undefined) => one?.cells.map(({ id, code, kind }) => `${id}${code}${kind === "code" ? "" : "!"}`).join(" ");

test("a deleted cell comes back where it was, and goes again", () => {
  const steps = stepped(noSteps, sheet);
  const back = undo(remove(sheet, "a"), steps);
  expect(told(back?.sheet)).toBe("a1 b2");
  expect(told(back ? redo(back.sheet, back.steps)?.sheet : undefined)).toBe("b2");
});

test("what was typed and run since stays when a move is taken back", () => {
  const moved = move(sheet, "b", -1);
  const typed = change(moved, "a", { code: "typed", run: "e1" });
  const back = undo(typed, stepped(noSteps, sheet));
  expect(told(back?.sheet)).toBe("atyped b2");
  expect(back?.sheet.cells[0]?.run).toBe("e1");
});

test("a cell made text becomes code again", () => {
  const text = change(sheet, "a", { kind: "markdown" });
  expect(told(text)).toBe("a1! b2");
  expect(told(undo(text, stepped(noSteps, sheet))?.sheet)).toBe("a1 b2");
});

test("what was replaced in all cells is taken back with what stood there", () => {
  const replaced = change(sheet, "a", { code: "9" });
  expect(told(undo(replaced, stepped(noSteps, sheet, true))?.sheet)).toBe("a1 b2");
});

test("a new step ends what could be done again; without steps there is nothing to take back", () => {
  const added = insert(sheet, 2, newCell("3", "code", "c"));
  const back = undo(added, stepped(noSteps, sheet));
  expect(back && stepped(back.steps, back.sheet).future).toEqual([]);
  expect(undo(sheet, noSteps)).toBeNull();
  expect(redo(sheet, noSteps)).toBeNull();
});
