// Two texts as lines beside each other: what changed, and a few lines around it. Pure.
import { diffLines, diffWordsWithSpace, type ChangeObject } from "diff";

export interface Piece { text: string; changed: boolean }
// A line of one side; `pieces` where only a part of it changed.
export interface Line { number: number; text: string; changed: boolean; pieces: Piece[] | null }
export type Row = { kind: "lines"; left: Line | null; right: Line | null } | { kind: "skipped"; count: number };

const AROUND = 3;
const MOST_EDITS = 4_000;
const MOST_MS = 500;
const LONGEST_LINE = 400;

export function rowsOf(left: string, right: string): Row[] {
  // Of texts that have little in common the whole is shown.
  const changes = diffLines(ended(left), ended(right), { maxEditLength: MOST_EDITS, timeout: MOST_MS })
    ?? [{ value: ended(left), removed: true, added: false, count: 0 }, { value: ended(right), removed: false, added: true, count: 0 }];
  return narrowed(pairs(changes));
}

const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
const linesIn = (text: string): string[] => (text === "" ? [] : text.slice(0, -1).split("\n"));

type Pair = Extract<Row, { kind: "lines" }>;

function pairs(changes: ChangeObject<string>[]): Pair[] {
  const rows: Pair[] = [];
  let left = 0;
  let right = 0;
  for (let index = 0; index < changes.length; index += 1) {
    const change = changes[index];
    if (!change) continue;
    const next = changes[index + 1];
    // What came in the place of something stands beside it.
    const replaced = change.removed && next?.added ? next : null;
    if (replaced) index += 1;
    const [mine, other] = sidesOf(change, replaced);
    const changed = change.added || change.removed;
    for (let at = 0; at < Math.max(mine.length, other.length); at += 1) {
      const row = pairOf(mine[at], other[at], changed, left + 1, right + 1);
      if (row.left) left += 1;
      if (row.right) right += 1;
      rows.push(row);
    }
  }
  return rows;
}

function sidesOf(change: ChangeObject<string>, replaced: ChangeObject<string> | null): [string[], string[]] {
  const lines = linesIn(change.value);
  if (change.added) return [[], lines];
  return [lines, change.removed ? linesIn(replaced?.value ?? "") : lines];
}

function pairOf(mine: string | undefined, other: string | undefined, changed: boolean, left: number, right: number): Pair {
  const words = changed && mine !== undefined && other !== undefined ? wordsOf(mine, other) : null;
  const line = (text: string | undefined, number: number, without: "added" | "removed"): Line | null =>
    text === undefined ? null : { number, text, changed, pieces: words && piecesOf(words, without) };
  return { kind: "lines", left: line(mine, left, "added"), right: line(other, right, "removed") };
}

// Null: they have too little in common for it to help.
function wordsOf(left: string, right: string): ChangeObject<string>[] | null {
  if (left.length > LONGEST_LINE || right.length > LONGEST_LINE) return null;
  const words = diffWordsWithSpace(left, right);
  const kept = words.reduce((sum, one) => sum + (one.added || one.removed ? 0 : one.value.trim().length), 0);
  return kept * 3 > Math.max(left.trim().length, right.trim().length) ? words : null;
}

function piecesOf(words: ChangeObject<string>[], without: "added" | "removed"): Piece[] {
  return words.filter((one) => !one[without]).map((one) => ({ text: one.value, changed: one.added || one.removed }));
}

// Only what changed, with some lines around it.
function narrowed(rows: Pair[]): Row[] {
  const near = rows.map(() => false);
  rows.forEach((row, index) => {
    if (isSame(row)) return;
    for (let at = Math.max(0, index - AROUND); at <= Math.min(rows.length - 1, index + AROUND); at += 1) near[at] = true;
  });
  const found: Row[] = [];
  for (let index = 0; index < rows.length; ) {
    const row = rows[index];
    if (near[index] && row) {
      found.push(row);
      index += 1;
      continue;
    }
    let end = index;
    while (end < rows.length && !near[end]) end += 1;
    found.push({ kind: "skipped", count: end - index });
    index = end;
  }
  return found;
}

const isSame = ({ left, right }: Pair): boolean => left !== null && right !== null && !left.changed && !right.changed;
