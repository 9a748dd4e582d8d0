// The list of cells of a page. Pure: every change gives a new list.
import { newId } from "../../words/ids";

export type CellKind = "code" | "markdown";
// One output as a notebook's file has it.
export type KeptOutput = Record<string, unknown>;

export interface Cell {
  readonly id: string;
  readonly kind: CellKind;
  readonly code: string;
  // Its latest execution.
  readonly run: string | null;
  // The variables behind its output are gone.
  readonly stale: boolean;
  // Outputs that came with an imported file, shown until it runs.
  readonly kept: readonly KeptOutput[] | null;
}

export interface Sheet {
  readonly cells: readonly Cell[];
  // The newest `seq` of the kernel's executions that is, or was, a cell here.
  readonly seen: number;
  // Executions above `seen` that a cell stood for, until it ran again, was cleared or was deleted.
  readonly past: readonly string[];
}

// `cleared`: its output was erased for good.
export interface Seen { id: string; seq: number; code: string; cleared: boolean }

export const emptySheet: Sheet = { cells: [], seen: -1, past: [] };
const MOST_ADOPTED_FIRST = 20;

export function newCell(code = "", kind: CellKind = "code", id = newId()): Cell {
  return { id, kind, code, run: null, stale: false, kept: null };
}

// Executions (oldest first) that no cell stands for become cells; the same code again is the same cell.
export function adopt(sheet: Sheet, rows: readonly Seen[]): Sheet {
  const bound = new Set([...sheet.past, ...sheet.cells.map((cell) => cell.run)]);
  const unseen = rows.filter((row) => row.seq > sheet.seen && !bound.has(row.id));
  const seen = Math.max(sheet.seen, ...rows.map((row) => row.seq));
  if (unseen.length === 0) return seen === sheet.seen ? sheet : { ...sheet, seen, past: [] };
  const cells = unseen.reduce(place, sheet.cells);
  return { cells: sheet.seen < 0 ? cells.slice(-MOST_ADOPTED_FIRST) : cells, seen, past: [] };
}

function place(cells: readonly Cell[], row: Seen): readonly Cell[] {
  const same = cells.findIndex((cell) => cell.code === row.code && cell.kind === "code");
  const run = row.cleared ? null : row.id;
  if (same >= 0) return cells.map((cell, index) => (index === same ? { ...cell, run, stale: false } : cell));
  return [...withoutLastEmpty(cells), { ...newCell(row.code), run }];
}

function withoutLastEmpty(cells: readonly Cell[]): readonly Cell[] {
  const last = cells.at(-1);
  return last && last.code.trim() === "" && last.run === null ? cells.slice(0, -1) : cells;
}

export function insert(sheet: Sheet, at: number, cell: Cell): Sheet {
  return { ...sheet, cells: sheet.cells.toSpliced(at, 0, cell) };
}

export function remove(sheet: Sheet, id: string): Sheet {
  const gone = sheet.cells.filter((cell) => cell.id === id);
  return { ...sheet, cells: sheet.cells.filter((cell) => cell.id !== id), past: withRuns(sheet.past, gone) };
}

export function move(sheet: Sheet, id: string, by: -1 | 1): Sheet {
  const from = sheet.cells.findIndex((cell) => cell.id === id);
  const cell = sheet.cells[from];
  const to = from + by;
  if (!cell || to < 0 || to >= sheet.cells.length) return sheet;
  return { ...sheet, cells: sheet.cells.toSpliced(from, 1).toSpliced(to, 0, cell) };
}

// Cells stand for other executions from now on; `runs`: execution by cell.
export function bind(sheet: Sheet, runs: ReadonlyMap<string, string>): Sheet {
  const before = sheet.cells.filter((cell) => runs.has(cell.id) && cell.run !== runs.get(cell.id));
  const cells = sheet.cells.map((cell) => {
    const run = runs.get(cell.id);
    return run === undefined ? cell : { ...cell, run, stale: false, kept: null };
  });
  return { ...sheet, cells, past: withRuns(sheet.past, before) };
}

// Of each cell its newest execution, null: its output was erased. `but`: bound to a newer one meanwhile.
export function bindAll(sheet: Sheet, runs: ReadonlyMap<string, string | null>, but: ReadonlySet<string>): Sheet {
  const next = sheet.cells.map((cell) => {
    const run = runs.get(cell.id);
    return run === undefined || but.has(cell.id) || run === cell.run ? cell : { ...cell, run, stale: false, kept: null };
  });
  return next.every((cell, index) => cell === sheet.cells[index]) ? sheet : { ...sheet, cells: next };
}

function withRuns(past: readonly string[], cells: readonly Cell[]): readonly string[] {
  return [...past, ...cells.flatMap((cell) => (cell.run === null ? [] : [cell.run]))];
}

export function change(sheet: Sheet, id: string, part: Partial<Omit<Cell, "id">>): Sheet {
  return { ...sheet, cells: sheet.cells.map((cell) => (cell.id === id ? { ...cell, ...part } : cell)) };
}

// Cells that stand for one of these executions stand for none.
export function clearOutputs(sheet: Sheet, of: ReadonlySet<string>): Sheet {
  const gone = sheet.cells.filter((cell) => cell.run !== null && of.has(cell.run));
  if (gone.length === 0) return sheet;
  const cells = sheet.cells.map((cell) => (gone.includes(cell) ? { ...cell, run: null, stale: false } : cell));
  return { ...sheet, cells, past: withRuns(sheet.past, gone) };
}

export function clearKept(sheet: Sheet): Sheet {
  if (sheet.cells.every((cell) => cell.kept === null)) return sheet;
  return { ...sheet, cells: sheet.cells.map((cell) => (cell.kept === null ? cell : { ...cell, kept: null })) };
}

export function markStale(sheet: Sheet): Sheet {
  return { ...sheet, cells: sheet.cells.map((cell) => (cell.run ? { ...cell, stale: true } : cell)) };
}

// Another tab's list, with the code that is being typed here.
export function merge(theirs: Sheet, mine: Sheet, typing: string | null): Sheet {
  const typed = mine.cells.find((cell) => cell.id === typing);
  if (!typed) return theirs;
  return { ...theirs, cells: theirs.cells.map((cell) => (cell.id === typing ? { ...cell, code: typed.code } : cell)) };
}

export function readSheet(text: string | null): Sheet {
  try {
    const found = JSON.parse(text ?? "") as Partial<Sheet>;
    const cells = (found.cells ?? []).filter((cell) => typeof cell.id === "string" && typeof cell.code === "string");
    return { cells: cells.map((cell) => ({ ...newCell("", cell.kind, cell.id), ...cell })), seen: found.seen ?? -1, past: found.past ?? [] };
  } catch {
    return emptySheet;
  }
}
