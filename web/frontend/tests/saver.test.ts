import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../src/api/client";
import type { Content, Saved } from "../src/notebook/documents/content";
import { Saver, type Source } from "../src/notebook/documents/saver";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const content = (...codes: string[]): Content => ({
  name: "n", kernel: null, cells: codes.map((code, index) => ({ id: `c${index}`, kind: "code", code, kept: null })),
});

// A server with versions; `down`: it does not answer.
class Server implements Source {
  readonly name = "test";
  down = false;
  gone = false;
  constructor(public now: Saved, readonly autosaves = true) {}
  async load(): Promise<Saved> {
    this.answer();
    return this.now;
  }
  async save(sent: Content, base: Saved): Promise<Saved> {
    this.answer();
    if (base.version !== this.now.version) throw new ApiError(409, "conflict", "saved since");
    return (this.now = { ...sent, version: this.now.version + 1, at: 1 });
  }
  private answer(): void {
    if (this.down) throw new ApiError(0, "unreachable", "down");
    if (this.gone) throw new ApiError(404, "not_found", "gone");
  }
}

function opened(server: Server) {
  const page = { mine: content() as Content };
  const saver = new Saver(server, { mine: () => page.mine, take: (next) => (page.mine = next), told: () => undefined, saved: () => undefined }, server.now);
  page.mine = { name: server.now.name, kernel: server.now.kernel, cells: server.now.cells };
  const write = (...codes: string[]): void => {
    page.mine = content(...codes);
    saver.changed();
  };
  return { saver, write, page };
}

const first = (): Saved => ({ ...content("a", "b"), version: 1, at: null });
const codes = ({ cells }: Content) => cells.map((cell) => cell.code).join();

test("what changes is saved by itself, a moment later", async () => {
  const server = new Server(first());
  const { saver, write } = opened(server);
  write("a!", "b");
  expect(saver.saving.state).toBe("dirty");
  await vi.runAllTimersAsync();
  expect(saver.saving).toMatchObject({ state: "saved" });
  expect([codes(server.now), server.now.version]).toEqual(["a!,b", 2]);
});

test("what does not save itself waits for a word", async () => {
  const server = new Server(first(), false);
  const { saver, write } = opened(server);
  write("a!", "b");
  await vi.runAllTimersAsync();
  expect(server.now.version).toBe(1);
  await saver.save();
  expect(server.now.version).toBe(2);
});

test("cells that others changed meanwhile are taken in", async () => {
  const server = new Server(first());
  const { saver, write, page } = opened(server);
  server.now = { ...content("a", "theirs"), version: 2, at: 2 };
  write("mine", "b");
  await vi.runAllTimersAsync();
  expect(saver.saving).toMatchObject({ state: "saved", merged: true });
  expect([codes(server.now), codes(page.mine)]).toEqual(["mine,theirs", "mine,theirs"]);
});

test("a cell that both changed waits for a decision, and nothing is overwritten before", async () => {
  for (const mine of [true, false]) {
    const server = new Server(first());
    const { saver, write, page } = opened(server);
    server.now = { ...content("theirs", "b"), version: 2, at: 2 };
    write("mine", "b!");
    await vi.runAllTimersAsync();
    expect(saver.saving).toEqual({ state: "clash", cells: ["c0"] });
    expect(server.now.version).toBe(2);
    await saver.decide(mine);
    expect(codes(server.now)).toBe(mine ? "mine,b!" : "theirs,b!");
    expect(codes(page.mine)).toBe(codes(server.now));
  }
});

test("without an answer it is tried again until there is one", async () => {
  const server = new Server(first());
  const { saver, write } = opened(server);
  server.down = true;
  write("a!", "b");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(saver.saving.state).toBe("waiting");
  server.down = false;
  await vi.runAllTimersAsync();
  expect([saver.saving.state, server.now.version]).toEqual(["saved", 2]);
});

test("what is gone is told and not tried again", async () => {
  const server = new Server(first());
  const { saver, write } = opened(server);
  server.gone = true;
  write("a!", "b");
  await vi.runAllTimersAsync();
  expect(saver.saving.state).toBe("gone");
});

test("what others saved is shown where nothing was changed here", async () => {
  const server = new Server(first());
  const { saver, page } = opened(server);
  server.now = { ...content("a", "theirs"), version: 2, at: 2 };
  await saver.refresh();
  expect([codes(page.mine), saver.saving.state]).toEqual(["a,theirs", "saved"]);
});

test("a draft of before is taken up with what was saved since", async () => {
  const server = new Server({ ...content("a", "theirs"), version: 2, at: 2 });
  const { saver, page } = opened(server);
  saver.takeUp(first(), content("draft", "b"));
  expect([codes(page.mine), saver.saving.state]).toEqual(["draft,theirs", "dirty"]);
});
