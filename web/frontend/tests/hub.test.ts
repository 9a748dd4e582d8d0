import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Hub } from "../src/live/hub";
import type { FromHub } from "../src/live/protocol";

interface Opened { url: string; cursor: string; say: (text: string) => void; end: () => void; status: number }

let opened: Opened[] = [];
let status = 200;

// A server that says what the test tells it to.
function fakeFetch(url: string, init: RequestInit): Promise<Response> {
  let control: ReadableStreamDefaultController<Uint8Array> | null = null;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (control = given) });
  const cursor = (init.headers as Record<string, string>)["Last-Event-ID"] ?? "";
  const say = (text: string): void => control?.enqueue(new TextEncoder().encode(text));
  opened.push({ url, cursor, say, end: () => control?.close(), status });
  init.signal?.addEventListener("abort", () => control?.error(new Error("aborted")));
  return Promise.resolve(new Response(status === 200 ? body : null, { status }));
}

beforeEach(() => {
  opened = [];
  status = 200;
  vi.useFakeTimers();
  vi.stubGlobal("fetch", fakeFetch);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function page() {
  const told: FromHub[] = [];
  const frames = (): string[] => told.flatMap((one) => (one.type === "frames" ? one.data : []));
  const states = (): string[] => told.flatMap((one) => (one.type === "state" ? [one.state] : []));
  return { told, frames, states, post: (message: FromHub) => void told.push(message) };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(50);
const event = (uid: string, at: number): string =>
  `id: ${uid}:${at}-0\ndata: {"id":"${uid}:${at}-0","kernel_id":"${uid}","type":"stream"}\n\n`;

test("one connection follows what all pages want, and each gets its own", async () => {
  const hub = new Hub("/events");
  const [a, b] = [page(), page()];
  for (const one of [a, b]) hub.join(one);
  hub.follow(a, ["kernel:a"], {});
  hub.follow(b, ["kernel:b", "kernels"], {});
  await settle();
  expect(opened.map((one) => one.url)).toEqual(["/events?topics=kernel%3Aa%2Ckernel%3Ab%2Ckernels"]);
  opened[0]?.say(event("a", 1) + event("b", 1));
  await settle();
  expect([a.frames().length, b.frames().length]).toEqual([1, 1]);
});

test("a lost connection is resumed where it was", async () => {
  const hub = new Hub("/events");
  const one = page();
  hub.join(one);
  hub.follow(one, ["kernel:a"], {});
  await settle();
  opened[0]?.say(event("a", 7));
  await settle();
  opened[0]?.end();
  await vi.advanceTimersByTimeAsync(1000);
  expect(opened[1]?.cursor).toBe("a:7-0");
  expect(one.states()).toEqual(["connecting", "connecting", "open", "down", "connecting", "open"]);
});

test("what still comes does not move a replay on", async () => {
  const hub = new Hub("/events");
  const one = page();
  hub.join(one);
  hub.follow(one, ["kernel:a"], {});
  await settle();
  hub.follow(one, ["kernel:a"], { a: "3-0" });
  opened[0]?.say(event("a", 9));
  await vi.advanceTimersByTimeAsync(5);
  await settle();
  expect(opened[1]?.cursor).toBe("a:3-0");
});

test("a refused login ends it, and a new login begins anew", async () => {
  const hub = new Hub("/events");
  const one = page();
  hub.join(one);
  status = 401;
  hub.follow(one, ["kernels"], {});
  await vi.advanceTimersByTimeAsync(20_000);
  expect([opened.length, one.states().at(-1)]).toEqual([1, "signed_out"]);
  status = 200;
  hub.reset();
  await settle();
  expect(one.states().at(-1)).toBe("open");
});

test("a silent connection is given up", async () => {
  const hub = new Hub("/events");
  const one = page();
  hub.join(one);
  hub.follow(one, ["kernels"], {});
  await vi.advanceTimersByTimeAsync(45_000);
  expect(opened.length).toBeGreaterThan(1);
});

test("one stream has at most fifty kernels, and those of pages with few come first", async () => {
  const hub = new Hub("/events");
  const [list, cells] = [page(), page()];
  for (const one of [list, cells]) hub.join(one);
  hub.follow(list, ["kernels", ...Array.from({ length: 60 }, (_, number) => `kernel:k${number}`)], {});
  hub.follow(cells, ["kernels", "kernel:mine"], {});
  await settle();
  const topics = new URL(opened[0]?.url ?? "", "http://husk").searchParams.get("topics")?.split(",") ?? [];
  expect(topics).toContain("kernel:mine");
  expect([topics.filter((one) => one.startsWith("kernel:")).length, topics.includes("kernels")]).toEqual([50, true]);
});

test("a kernel that nobody follows any more is not in the cursor", async () => {
  const hub = new Hub("/events");
  const one = page();
  hub.join(one);
  hub.follow(one, ["kernel:a", "kernel:b"], {});
  await settle();
  opened[0]?.say(event("a", 7) + event("b", 8));
  await settle();
  hub.follow(one, ["kernel:b"], {});
  await settle();
  expect(opened[1]?.cursor).toBe("b:8-0");
});

test("a stream that is refused, at once or later, is told as that and tried again", async () => {
  const hub = new Hub("/events");
  const one = page();
  hub.join(one);
  hub.follow(one, ["kernel:a"], {});
  await settle();
  opened[0]?.say('event: error\ndata: {"error":{"code":"not_found"}}\n\n');
  await vi.advanceTimersByTimeAsync(5);
  expect(one.states().at(-1)).toBe("refused");
  status = 404;
  await vi.advanceTimersByTimeAsync(1000);
  expect(one.states().at(-1)).toBe("refused");
  status = 200;
  hub.follow(one, ["kernels"], {});
  await settle();
  expect(one.states().at(-1)).toBe("open");
});

test("what a run's nodes do goes to the pages that show it, that a run changed to all lists", async () => {
  const hub = new Hub("/events");
  const [list, one, other] = [page(), page(), page()];
  for (const each of [list, one, other]) hub.join(each);
  hub.follow(list, ["runs"], {});
  hub.follow(one, ["run:a"], {});
  hub.follow(other, ["run:b"], {});
  await settle();
  const [node, run] = ['{"type":"node","run_id":"a","node":{"kernel_id":"k"}}', '{"type":"run","run_id":"a","run":null}'];
  opened[0]?.say(`data: ${node}\n\ndata: ${run}\n\n`);
  await settle();
  expect([list.frames(), one.frames(), other.frames()]).toEqual([[run], [node, run], []]);
});
