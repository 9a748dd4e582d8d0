import { describe, expect, test } from "vitest";
import { cloneOf, draftOf, fresh, readEnv, toChange, wrongId } from "../src/kernels/draft";
import { localPath, linkIn } from "../src/login/next";
import type { Kernel } from "../src/api/types";
import { counted, ordinal, size } from "../src/words/sizes";
import { clock, duration, rough } from "../src/words/times";

describe("words", () => {
  test("sizes", () => expect([size(0), size(999), size(1_500), size(2e9), size(123_456_789)]).toEqual(["0 B", "999 B", "1.5 KB", "2 GB", "123 MB"]));
  test("counts", () => expect([counted(1, "line"), counted(99_976, "line")]).toEqual(["1 line", "99,976 lines"]));
  test("ordinals", () => expect([1, 2, 3, 4, 11, 22].map(ordinal)).toEqual(["1st", "2nd", "3rd", "4th", "11th", "22nd"]));
  test("durations", () => expect([0.0123, 1.24, 59.97, 125, 7500].map(duration)).toEqual(["12 ms", "1.2 s", "1 min 0 s", "2 min 5 s", "2 h 5 min"]));
  test("clocks and rough times", () => expect([clock(12), clock(3723), rough(3), rough(7200)]).toEqual(["00:12", "1:02:03", "moments", "2 h"]));
});

describe("where a login leads", () => {
  test("a path of this site", () => expect(localPath("/kernels/a-1")).toBe("/kernels/a-1"));
  test("nowhere else", () => {
    for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/login", "/a?b=//c", 7]) {
      expect(localPath(bad)).toBeUndefined();
    }
  });
  test("a link's secret is read from the fragment", () => expect([linkIn("#link=abc"), linkIn("")]).toEqual(["abc", null]));
});

describe("a kernel that is described", () => {
  const kernel = { id: "a", name: "A", memory_gb: 2, cpu_cores: 1, packages: [], lock_digest: null } as unknown as Kernel;
  test("a free id is found", () => expect(fresh(["kernel-1", "kernel-2"]).id).toBe("kernel-3"));
  test("a clone has an id of its own", () => expect(cloneOf(kernel, ["a", "a-2"]).id).toBe("a-3"));
  test("only what differs is sent", () => {
    expect(toChange({ ...draftOf(kernel), name: "B", cpu_cores: 4 }, kernel)).toEqual({ name: "B", cpu_cores: 4 });
  });
  test("variables are read line by line", () => {
    expect(readEnv("A=1\n\nB=x=y")).toEqual({ A: "1", B: "x=y" });
    expect(readEnv("1A=2")).toContain("1A=2");
  });
  test("ids follow the API's rule", () => expect([wrongId("a-b_1"), wrongId("-a"), wrongId("")].map((one) => one === null)).toEqual([true, false, false]));
});
