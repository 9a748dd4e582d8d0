import { describe, expect, it } from "vitest";
import { ApiError } from "../src/api/client";
import { nameIn, readFiles, trail } from "../src/files/search";
import { PART_BYTES, send, uploadName, type Put } from "../src/files/sending";

const file = (size: number): File => new File([new Uint8Array(size)], "data.bin", { lastModified: 1_700_000_000_000 });
const never = new AbortController().signal;
const version = { path: "a", version: 1 } as never;

describe("the address of a folder", () => {
  it("is a folder whatever is written into it", () => {
    expect(readFiles({ folder: "a/b", file: 7 })).toEqual({ folder: "a/b/", file: "7" });
    expect(readFiles({ folder: "//" })).toEqual({ folder: undefined, file: undefined });
  });

  it("is shown as the way from the top", () => {
    expect(trail("a/b/").map((step) => [step.word, step.folder])).toEqual([
      ["All files", undefined], ["a", "a/"], ["b", "a/b/"],
    ]);
    expect(nameIn("a/b/c.txt", "a/b/")).toBe("c.txt");
  });
});

describe("an upload", () => {
  it("goes on where it broke off, and sends nothing twice that came", async () => {
    const total = PART_BYTES * 2 + 5;
    let there = PART_BYTES; // from another day
    let broken = false;
    const asked: string[] = [];
    const put: Put = (_path, body, headers) => {
      const range = headers["Content-Range"] ?? "";
      asked.push(range);
      if (range.startsWith("bytes */")) return Promise.resolve({ received: there });
      if (!broken) {
        broken = true;
        return Promise.reject(new ApiError(0, "unreachable", "gone"));
      }
      there += body.size;
      return Promise.resolve(there === total ? version : { received: there });
    };
    expect(await send(file(total), "a", () => undefined, never, put)).toBe(version);
    const second = `bytes ${PART_BYTES}-${PART_BYTES * 2 - 1}/${total}`;
    expect(asked).toEqual([
      `bytes */${total}`, second, `bytes */${total}`, second, `bytes ${PART_BYTES * 2}-${total - 1}/${total}`,
    ]);
  });

  it("ends at once when the server refuses it", async () => {
    const put: Put = () => Promise.reject(new ApiError(409, "conflict", "a is a folder"));
    await expect(send(file(PART_BYTES + 1), "a", () => undefined, never, put)).rejects.toThrow("a is a folder");
  });

  it("of a small file is one request", async () => {
    const asked: Record<string, string>[] = [];
    await send(file(10), "a", () => undefined, never, (_path, _body, headers) => (asked.push(headers), Promise.resolve(version)));
    expect(asked).toEqual([{}]);
  });

  it("has the same name for the same file and place alone", () => {
    const one = file(3);
    expect(uploadName("a", one)).toBe(uploadName("a", file(3)));
    expect(uploadName("b", one)).not.toBe(uploadName("a", one));
    expect(uploadName("a", file(4))).not.toBe(uploadName("a", one));
    expect(uploadName("a", one)).toMatch(/^[0-9a-f]{32}$/);
  });
});
