import { expect, test } from "vitest";
import { commandIn, mendOf } from "../src/kernels/mending";
import { readKernels } from "../src/kernels/search";

test("an error has the way to what mends it", () => {
  expect(mendOf({ error: "out of memory: the limit is 2 GB, peak 2 GB" }).opens).toBe("edit");
  expect(mendOf({ error: "its environment could not be built\npip said" }).opens).toBe("environment");
  expect(mendOf({ error: "it did not start within 120 s" }).opens).toBe("log");
});

test("a command that an error names can be copied", () => {
  expect(commandIn("there is no image: `husk image build`")).toBe("husk image build");
  expect(commandIn("no command")).toBe(null);
});

test("the address says which sheet is open, and nothing that is none", () => {
  expect(readKernels({ kernel: "k", sheet: "log", other: 1 })).toEqual({ new: undefined, kernel: "k", sheet: "log" });
  expect(readKernels({ sheet: "shell", new: "true" })).toEqual({ new: undefined, kernel: undefined, sheet: undefined });
});
