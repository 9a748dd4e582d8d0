import { describe, expect, test } from "vitest";
import { coloursAfter, TextBuffer } from "../src/notebook/runs/text";

function lines(...pieces: (string | [string])[]): string[] {
  const buffer = new TextBuffer();
  for (const piece of pieces) {
    if (typeof piece === "string") buffer.append(piece, false);
    else buffer.append(piece[0], true);
  }
  return buffer.slice(0, buffer.length).map((line) => line.text);
}

describe("text of a cell", () => {
  test("a final newline makes no line", () => expect(lines("a\nb\n")).toEqual(["a", "b"]));
  test("an empty line in between is one", () => expect(lines("a\n\nb")).toEqual(["a", "", "b"]));
  test("pieces continue the line wherever they were cut", () => expect(lines("a", "b\nc", "d")).toEqual(["ab", "cd"]));
  test("a carriage return overwrites", () => expect(lines(" 10%\r 20%\r100%\n")).toEqual(["100%"]));
  test("what is longer than the new text stays, as in a terminal", () => expect(lines("abcdef\rXY")).toEqual(["XYcdef"]));
  test("a bar that was cut in two pieces is whole", () => expect(lines("50%|##  |\r", "75%|##", "# |")).toEqual(["75%|### |"]));
  test("a newline of Windows is one newline", () => expect(lines("a\r", "\nb\r\n")).toEqual(["a", "b"]));
  test("stderr begins a line of its own", () => expect(lines("a", ["b\n"], "c")).toEqual(["a", "b", "c"]));
  test("colours go on in the next line until they are reset", () => {
    expect(lines("\u001b[31mred\nstill\u001b[0m\nplain")).toEqual(["\u001b[31mred", "\u001b[31mstill\u001b[0m", "plain"]);
  });
  test("a reset with a colour behind it leaves that colour", () => expect(coloursAfter("\u001b[1m", "\u001b[0;32mx")).toBe("\u001b[0;32m"));
  test("a million lines are bounded, first and last are kept", () => {
    const buffer = new TextBuffer();
    for (let index = 0; index < 1000; index += 1) {
      buffer.append(Array.from({ length: 1000 }, (_, at) => `line ${index * 1000 + at}\n`).join(""), false);
    }
    expect(buffer.length).toBeLessThan(150_000);
    expect(buffer.line(0).text).toBe("line 0");
    expect(buffer.line(buffer.length - 1).text).toBe("line 999999");
    expect(buffer.length + buffer.dropped).toBe(1_000_000);
  });
});
