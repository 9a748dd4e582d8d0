import { expect, test, vi } from "vitest";
import { found, type Command } from "../src/app/palette/commands";

vi.stubGlobal("window", { matchMedia: () => ({ matches: false, addEventListener: () => undefined }), addEventListener: () => undefined });

const one = (words: string, about = "page", also = ""): Command => ({ id: `${words} ${about}`, words, about, also, run: () => undefined });

test("all words are looked for, in any order, in name, kind and id", () => {
  const all = [one("late flights", "flow 7vPZEbW5djJn"), one("Flights of 2013", "kernel flights", "1cHND3PvUUsZ"), one("Files")];
  expect(found("FLIGHTS late", all).map(({ words }) => words)).toEqual(["late flights"]);
  expect(found("1chnd3pvuusz", all).map(({ words }) => words)).toEqual(["Flights of 2013"]);
  expect(found("kernel 2013", all).map(({ words }) => words)).toEqual(["Flights of 2013"]);
  expect(found("nothing", all)).toEqual([]);
});

test("what is called so comes before what begins so, and that before what only holds it", () => {
  const all = [one("Run late flights", "flow"), one("late flights, old"), one("about", "late flights x"), one("late flights")];
  expect(found("late flights", all).map(({ words }) => words)).toEqual(["late flights", "late flights, old", "Run late flights", "about"]);
});

test("without words things stand as they were given, no more than can be looked through", () => {
  const all = Array.from({ length: 100 }, (_, index) => one(`kernel ${index}`));
  expect(found("  ", all).length).toBe(40);
  expect(found("", all)[0]?.words).toBe("kernel 0");
});

test("names of any kind are words and nothing else", () => {
  const hostile = '<img src=x onerror="alert(1)">';
  expect(found(hostile, [one(hostile)]).map(({ words }) => words)).toEqual([hostile]);
  expect(found(".*", [one("anything")])).toEqual([]);
});

test("a schedule that is paused can be gone on with, a run that failed resumed, a kernel that is down started", async () => {
  const { thingsOf } = await import("../src/app/palette/things");
  const known = {
    kernels: [{ uid: "K", id: "k", name: "Down", state: "stopped", access: "owner", current_execution: null }],
    flows: [], notebooks: [], entries: [], execution: null, role: "editor",
    runs: [{ id: "R", flow_name: "late", state: "failed" }],
    schedules: [{ id: "S", name: "hourly", flow_name: "late", paused: true }],
    files: [{ path: "flights/a b.csv" }],
  } as unknown as Parameters<typeof thingsOf>[0];
  const words = thingsOf(known).map((each) => each.words);
  for (const expected of ["Down", "Start Down", "Log of Down", "Resume the run of late", "Go on with hourly", "Run hourly now", "flights/a b.csv"]) {
    expect(words).toContain(expected);
  }
  expect(words).not.toContain("Stop Down");
  const went: string[] = [];
  void thingsOf(known).find((each) => each.about === "file")?.run((to) => went.push(to));
  expect(went).toEqual(["/files?folder=flights%2F&file=flights%2Fa+b.csv"]);
  const viewer = thingsOf({ ...known, role: "viewer", kernels: known.kernels.map((kernel) => ({ ...kernel, access: "viewer" as const })) });
  expect(viewer.map((each) => each.words)).not.toContain("Start Down");
  expect(viewer.map((each) => each.words)).not.toContain("Pause hourly");
});
