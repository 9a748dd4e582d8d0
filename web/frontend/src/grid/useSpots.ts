// The cell that keys move, and what is selected from it on.
import { useState, type KeyboardEvent, type MouseEvent } from "react";
import { moved, type Selection, type Spot } from "./moving";

interface Given {
  rows: number;
  columns: number;
  page: number;
  reveal: (spot: Spot) => void;
  onSort: (column: number, also: boolean) => void;
  onOpen: (column: number) => void;
  onView: (spot: Spot) => void;
  onCopy: (selection: Selection) => Promise<void>;
}

const START: Spot = { row: -1, column: 0 };

export function useSpots(given: Given) {
  const { rows, columns, page, reveal } = given;
  const [held, setHeld] = useState<Selection | null>(null);
  // What it was may have been filtered away.
  const selection = held && isThere(held.from, given) && isThere(held.to, given) ? held : null;
  const active = selection?.to ?? null;
  const go = (to: Spot, extend: boolean): void => {
    setHeld({ from: extend && selection && selection.from.row >= 0 ? selection.from : to, to });
    reveal(to);
  };
  const all = (): void => setHeld({ from: { row: 0, column: 0 }, to: { row: rows - 1, column: columns - 1 } });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLButtonElement && (event.key === "Enter" || event.key === " ")) return event.stopPropagation();
    if (columns === 0) return;
    if (!acted(event, given, { selection, at: active ?? START, all, none: () => setHeld(null) })) {
      if (event.altKey) return;
      const to = moved(active ?? START, event.key, event.ctrlKey || event.metaKey, { rows, columns, page });
      if (!to) return;
      go(active ? to : { row: Math.min(0, rows - 1), column: 0 }, event.shiftKey);
    }
    // Around it is a notebook, with keys of its own.
    event.preventDefault();
    event.stopPropagation();
  };
  return {
    active, selection, onKeyDown,
    onMouseDown: (event: MouseEvent): void => {
      const to = event.button === 0 ? spotOf(event) : null;
      if (to) setHeld({ from: event.shiftKey && selection && to.row >= 0 ? selection.from : to, to });
    },
    onMouseMove: (event: MouseEvent): void => {
      const to = event.buttons === 1 && selection && selection.from.row >= 0 ? spotOf(event) : null;
      if (to && selection && to.row >= 0 && (to.row !== active?.row || to.column !== active.column)) setHeld({ ...selection, to });
    },
    onDoubleClick: (event: MouseEvent): void => {
      const at = spotOf(event);
      if (at && at.row >= 0) given.onView(at);
    },
  };
}

interface Now { selection: Selection | null; at: Spot; all: () => void; none: () => void }

// Returns whether the key did something; the others may move.
function acted(event: KeyboardEvent, given: Given, now: Now): boolean {
  const { selection, at } = now;
  if (event.ctrlKey || event.metaKey) return controlled(event, given, now);
  if (event.altKey && event.key === "ArrowDown") given.onOpen(at.column);
  else if (event.key === "Escape" && selection) now.none();
  else if (event.key === "Enter") enter(event, given, at);
  else return false;
  return true;
}

function controlled(event: KeyboardEvent, given: Given, { selection, all }: Now): boolean {
  if (event.key === "c" && selection && selection.to.row >= 0) void given.onCopy(selection);
  else if (event.key === "a" && given.rows > 0) all();
  else return false;
  return true;
}

function enter(event: KeyboardEvent, given: Given, at: Spot): void {
  if (at.row < 0) given.onSort(at.column, event.shiftKey);
  else given.onView(at);
}

function isThere({ row, column }: Spot, { rows, columns }: Given): boolean {
  return row < rows && column < columns;
}

function spotOf(event: MouseEvent): Spot | null {
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-column]") : null;
  if (!cell) return null;
  const row = cell.closest<HTMLElement>("[data-row]");
  return { row: row ? Number(row.dataset["row"]) : -1, column: Number(cell.dataset["column"]) };
}
