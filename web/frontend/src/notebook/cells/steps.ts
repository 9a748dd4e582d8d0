// Changes of cells that can be taken back: added, moved, deleted, made text or code, replaced in all. Pure.
// What is typed within a cell is the editor's own to take back.
import type { Cell, Sheet } from "./sheet";

// How cells were before; `codes`: what stood in them is part of it.
export interface Step { cells: readonly Cell[]; codes: boolean }
export interface Steps { past: readonly Step[]; future: readonly Step[] }

const MOST = 100;
export const noSteps: Steps = { past: [], future: [] };

export function stepped(steps: Steps, before: Sheet, codes = false): Steps {
  return { past: [...steps.past, { cells: before.cells, codes }].slice(-MOST), future: [] };
}

// Their order and kinds as they were; what was typed or run since stays.
export function restored(now: Sheet, { cells, codes }: Step): Sheet {
  const there = new Map(now.cells.map((cell) => [cell.id, cell]));
  const back = cells.map((was) => {
    const is = there.get(was.id);
    return is ? { ...is, kind: was.kind, code: codes ? was.code : is.code } : was;
  });
  return { ...now, cells: back };
}

export interface Moved { sheet: Sheet; steps: Steps }

export function undo(now: Sheet, { past, future }: Steps): Moved | null {
  const step = past.at(-1);
  if (!step) return null;
  return { sheet: restored(now, step), steps: { past: past.slice(0, -1), future: [{ ...step, cells: now.cells }, ...future] } };
}

export function redo(now: Sheet, { past, future }: Steps): Moved | null {
  const [step, ...rest] = future;
  if (!step) return null;
  return { sheet: restored(now, step), steps: { past: [...past, { ...step, cells: now.cells }], future: rest } };
}
