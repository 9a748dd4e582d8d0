import { describe, expect, it } from "vitest";
import { placeWords, readArtifacts, typeWords } from "../src/artifacts/search";
import { prunedWords, wantedBy } from "../src/catalog/pruning";
import { withTags } from "../src/catalog/tags";

describe("the address of the artifacts", () => {
  it("holds words and a place, and nothing else", () => {
    expect(readArtifacts({ q: 7, flow: `~${"K".repeat(12)}` })).toEqual({ q: "7", flow: `~${"K".repeat(12)}` });
    expect(readArtifacts({ q: " ", flow: "run:x" })).toEqual({ q: undefined, flow: undefined });
  });
});

describe("what an artifact belongs to", () => {
  it("is called by its name, else by what it is", () => {
    const of = (flow_kind: string, flow_name: string, flow_id = "f1"): string => placeWords({ flow_kind, flow_name, flow_id });
    expect(of("flow", "late flights")).toBe("late flights");
    expect(of("kernel", "sales", "~K")).toBe("loose cells of sales");
    expect(of("cells", "")).toBe("cells under f1");
    expect(of("cells", "", "~K")).toBe("cells under a kernel that is gone");
  });
  it("and its type has a module where that says something", () => {
    expect(typeWords({ module: "builtins", type_name: "int" })).toBe("int");
    expect(typeWords({ module: "polars", type_name: "DataFrame" })).toBe("polars.DataFrame");
  });
});

describe("a prune", () => {
  const form = { keep: "3", days: "", namespace: "", name: "" };
  it("is asked for when its form says how many stay", () => {
    expect(wantedBy(form)).toEqual({ keep: 3 });
    expect(wantedBy({ keep: "1", days: "30", namespace: "lab", name: "m" })).toEqual(
      { keep: 1, namespace: "lab", name: "m", older_than_s: 30 * 86_400 },
    );
    for (const keep of ["", "0", "-1", "1.5", "x"]) expect(wantedBy({ ...form, keep }), keep).toBeNull();
    for (const days of ["0", "-1", "x", "1e9"]) expect(wantedBy({ ...form, days }), days).toBeNull();
  });
  it("says what goes", () => {
    expect(prunedWords({ count: 1, names: 1, size: 1200 })).toBe("1 version of 1 name, 1.2 KB");
    expect(prunedWords({ count: 1500, names: 2, size: 3 })).toBe("1,500 versions of 2 names, 3 B");
  });
});

describe("tags", () => {
  it("are added where commas are, each once", () => {
    expect(withTags(["prod"], " eu, prod ,,")).toEqual(["prod", "eu"]);
  });
});
