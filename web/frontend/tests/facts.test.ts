import { expect, test } from "vitest";
import { told } from "../src/words/facts";

test("plain data is told in words", () => {
  expect(told({ present: true, tag: "a:b", trouble: null, flavours: ["base", "ml"] })).toBe(
    "present: yes · tag: a:b · flavours: base, ml",
  );
  expect(told({ shares: { ada: "editor", grace: "viewer" } })).toBe("shares: ada: editor, grace: viewer");
});
