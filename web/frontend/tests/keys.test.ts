import { expect, test } from "vitest";
import { meaning } from "../src/notebook/cells/keys";

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
