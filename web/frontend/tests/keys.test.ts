import { expect, test } from "vitest";
import { commandOf, meaning } from "../src/notebook/cells/keys";

const none = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, isComposing: false };

test("Shift+Enter runs a cell, Ctrl or Cmd with Enter runs it and goes on", () => {
  expect(meaning({ ...none, key: "Enter", shiftKey: true })).toBe("run");
  expect(meaning({ ...none, key: "Enter", ctrlKey: true })).toBe("runAndAdvance");
  expect(meaning({ ...none, key: "Enter", metaKey: true })).toBe("runAndAdvance");
});

test("a modifier by itself does nothing", () => {
  expect(meaning({ ...none, key: "Shift", shiftKey: true })).toBe("nothing");
  expect(meaning({ ...none, key: "Control", ctrlKey: true })).toBe("nothing");
});

test("all other keys are the editor's", () => {
  expect(meaning({ ...none, key: "Enter" })).toBeNull();
  expect(meaning({ ...none, key: "Enter", shiftKey: true, ctrlKey: true })).toBeNull();
  expect(meaning({ ...none, key: "Enter", shiftKey: true, altKey: true })).toBeNull();
  expect(meaning({ ...none, key: "A", shiftKey: true })).toBeNull();
  expect(meaning({ ...none, key: "Tab" })).toBeNull();
});

test("what an input method has not finished is the editor's", () => {
  expect(meaning({ ...none, key: "Enter", shiftKey: true, isComposing: true })).toBeNull();
  expect(meaning({ ...none, key: "Shift", isComposing: true })).toBeNull();
});

test("Jupyter's keys run and go on the other way round, and Alt+Enter adds a cell", () => {
  expect(meaning({ ...none, key: "Enter", shiftKey: true }, "jupyter")).toBe("runAndAdvance");
  expect(meaning({ ...none, key: "Enter", ctrlKey: true }, "jupyter")).toBe("run");
  expect(meaning({ ...none, key: "Enter", altKey: true }, "jupyter")).toBe("runAndInsert");
  expect(meaning({ ...none, key: "Enter", altKey: true })).toBeNull();
});

test("letters command a chosen cell with Jupyter's keys alone", () => {
  const all = ["a", "b", "z", "m", "y", "c", "x", "v", "j", "k"];
  expect(all.map((key) => commandOf({ ...none, key }, "jupyter", ""))).toEqual(
    ["above", "below", "undo", "markdown", "code", "copy", "cut", "paste", "down", "up"],
  );
  expect(all.map((key) => commandOf({ ...none, key }, "husk", ""))).toEqual(all.map(() => null));
});

test("D deletes when it is pressed twice", () => {
  expect(commandOf({ ...none, key: "d" }, "jupyter", "")).toBe("first");
  expect(commandOf({ ...none, key: "d" }, "jupyter", "d")).toBe("delete");
});

test("arrows, Enter, Alt with arrows and Ctrl+Z work with both keys", () => {
  for (const of of ["husk", "jupyter"] as const) {
    expect(commandOf({ ...none, key: "ArrowUp" }, of, "")).toBe("up");
    expect(commandOf({ ...none, key: "Enter" }, of, "")).toBe("edit");
    expect(commandOf({ ...none, key: "ArrowDown", altKey: true }, of, "")).toBe("moveDown");
    expect(commandOf({ ...none, key: "z", ctrlKey: true }, of, "")).toBe("undo");
    expect(commandOf({ ...none, key: "Z", ctrlKey: true, shiftKey: true }, of, "")).toBe("redo");
    expect(commandOf({ ...none, key: "c", ctrlKey: true }, of, "")).toBeNull();
  }
});
