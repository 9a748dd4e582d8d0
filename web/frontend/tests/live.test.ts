import { describe, expect, test } from "vitest";
import { kernelOf, readCursor, showCursor, SseParser } from "../src/live/sse";

describe("server-sent events", () => {
  const stream = 'retry: 1000\n: open\n\nid: k:1-0\ndata: {"a":1}\n\n: alive\n\nevent: error\ndata: {"b":2}\n\n';
  const whole = [
    { id: "k:1-0", event: "message", data: '{"a":1}' },
    { id: null, event: "error", data: '{"b":2}' },
  ];
  test("comments and heartbeats are no events", () => expect(new SseParser().push(stream)).toEqual(whole));
  test("it does not matter where the text is cut", () => {
    for (let at = 1; at < stream.length; at += 1) {
      const parser = new SseParser();
      expect([...parser.push(stream.slice(0, at)), ...parser.push(stream.slice(at))]).toEqual(whole);
    }
  });
  test("a cursor is read and shown", () => {
    const positions = new Map<string, string>();
    readCursor("a:1-0,b:2-3", positions);
    readCursor("a:4-0", positions);
    expect(showCursor(positions)).toBe("a:4-0,b:2-3");
  });
  test("a frame's kernel is found wherever its head is", () => {
    expect(kernelOf('{"id":"u:1-0","kernel_id":"u","type":"stream"}')).toBe("u");
    expect(kernelOf('{"type":"other"}')).toBeNull();
  });
});
