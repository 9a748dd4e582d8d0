import { describe, expect, it } from "vitest";
import { artifactOf, outputOf, publishedIn, withOne } from "../src/notebook/runs/published";

describe("what a cell published", () => {
  it("is told with its rows, type and size", () => {
    expect(
      publishedIn({
        outputs: [{ name: "main", rows: 5000, columns: 4, size: 50_445 }, { name: "main", passed_through: true }],
        artifacts_published: [{ name: "model", type_name: "Forest", format: "joblib", size: 80_225 }],
        artifacts_deleted: ["old"],
      }),
    ).toEqual([
      { what: "output", name: "main", about: "5,000 rows, 50.4 KB" },
      { what: "output", name: "main", about: "its first input, passed through" },
      { what: "artifact", name: "model", about: "Forest, 80.2 KB" },
      { what: "deleted", name: "old", about: "" },
    ]);
  });

  it("may be nonsense, and is left out then", () => {
    const nonsense = [null, 7, "x", {}, { name: 5 }];
    expect(publishedIn({ outputs: nonsense, artifacts_published: nonsense, artifacts_deleted: [null, 7] })).toEqual([]);
    expect(outputOf({ name: "a", rows: "many", size: {} })).toEqual({ what: "output", name: "a", about: "" });
  });

  it("is what was said last of a name; an output and an artifact may share one", () => {
    const said = [
      outputOf({ name: "x", rows: 1, size: 1 }), artifactOf({ name: "x", action: "published", type_name: "int", size: 3 }),
      outputOf({ name: "x", rows: 2, size: 1 }), artifactOf({ name: "x", action: "deleted" }),
    ];
    expect(said.reduce(withOne, [])).toEqual([
      { what: "output", name: "x", about: "2 rows, 1 B" }, { what: "deleted", name: "x", about: "" },
    ]);
  });
});
