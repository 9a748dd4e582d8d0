import { describe, expect, test } from "vitest";
import type { Lock } from "../src/api/environments";
import type { Kernel } from "../src/api/types";
import { changeInWords, found, inShort, isSame, nameOf, packagesInWords } from "../src/environments/wishes";
import { cloneOf, draftOf, fresh, toChange, toCreate } from "../src/kernels/draft";

const lock: Lock = {
  digest: "d", python: "3.11", flavour: "base", wishes: ["pandas<3,>=2", "six[x]==1.0"], text: "the file",
  packages: [{ name: "numpy", version: "2.0", hashes: [] }, { name: "pandas", version: "2.2.1", hashes: [] }],
};
const kernel = {
  id: "k", uid: "u", name: "k", memory_gb: 2, cpu_cores: 2, idle_timeout_s: null, auto_restart: false, network: "internet",
  flavour: "base", gpu: false, packages: lock.wishes, allow_sdist: false, lock_digest: "d",
} as unknown as Kernel;

describe("packages as text", () => {
  test("a comma may go on with a version, so texts are compared without blanks", () => {
    expect(isSame("pandas <3, >=2,\n six[x]==1.0", lock.wishes)).toBe(true);
    expect(isSame("pandas", lock.wishes)).toBe(false);
    expect(isSame(" ", [])).toBe(true);
  });
  test("names", () => expect(["pandas<3", "six[x]==1", "a.b-c_d ; python_version>'3'"].map(nameOf)).toEqual(["pandas", "six", "a.b-c_d"]));
  test("on a card", () => expect([inShort([]), inShort(["a==1"]), inShort(["a==1", "b", "c"])]).toEqual(["", "a", "a +2"]));
  test("what was found", () =>
    expect(found(lock)).toEqual([{ name: "pandas", version: "2.2.1" }, { name: "six", version: "not here" }]));
  test("changes", () => expect([changeInWords(null, "1"), changeInWords("1", null), changeInWords("1", "2")]).toEqual(["new", "removed", "changed"]));
  test("a draft in words", () => {
    const draft = { packages: "", flavour: "base", lock: null, like: null };
    expect(packagesInWords(draft)).toContain("base packages; starts");
    expect(packagesInWords({ ...draft, packages: "six" })).toContain("resolved first");
    expect(packagesInWords({ ...draft, packages: "six", like: "u" })).toContain("very versions");
    expect(packagesInWords({ ...draft, packages: "six", lock })).toContain("Python 3.11, 2 packages");
  });
});

describe("what is sent of them", () => {
  test("a new kernel gets what was looked at, else its packages are resolved", () => {
    const draft = fresh([]);
    expect(toCreate(draft)).not.toHaveProperty("packages");
    expect(toCreate({ ...draft, packages: "six, a", allow_sdist: true })).toMatchObject({ packages: "six, a", allow_sdist: true });
    const locked = toCreate({ ...draft, packages: "six, a", allow_sdist: true, lock });
    expect(locked).toMatchObject({ lock: "the file" });
    expect(locked).not.toHaveProperty("packages");
    expect(locked).not.toHaveProperty("allow_sdist");
  });
  test("a change sends only what is otherwise", () => {
    const draft = draftOf(kernel);
    expect(toChange(draft, kernel)).toEqual({});
    expect(toChange({ ...draft, packages: "pandas<3, >=2, six[x]==1.0" }, kernel)).toEqual({});
    expect(toChange({ ...draft, packages: "" }, kernel)).toEqual({ packages: "" });
    expect(toChange({ ...draft, allow_sdist: true }, kernel)).toEqual({ allow_sdist: true });
    expect(toChange({ ...draft, lock }, kernel)).toEqual({});
    expect(toChange({ ...draft, lock: { ...lock, digest: "e" } }, kernel)).toEqual({ lock: "the file" });
  });
  test("a clone is like its origin", () => {
    expect(cloneOf(kernel, [])).toMatchObject({ like: "u", packages: "pandas<3,>=2, six[x]==1.0" });
    expect(cloneOf({ ...kernel, lock_digest: null, packages: [] }, []).like).toBeNull();
  });
});
