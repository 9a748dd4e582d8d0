// A place in an editor as a kernel is asked about it: the lines that lead there, counted in characters. Pure.

export interface Place {
  code: string;
  // Of the place in `code`, in characters.
  cursor: number;
  // Where `code` begins in the editor.
  start: number;
}

const MOST = 20_000;
const PAIRS = /[\ud800-\udfff]/;

// A cell may hold megabytes: what stands far before the cursor is left out.
export function placeIn(text: string, at: number): Place {
  const from = Math.max(0, at - MOST);
  const start = from === 0 ? 0 : text.indexOf("\n", from) + 1 || from;
  const line = text.indexOf("\n", at);
  const end = line < 0 || line > at + MOST ? Math.min(text.length, at + MOST) : line;
  const code = text.slice(Math.min(start, at), end);
  return { code, cursor: characters(code.slice(0, at - Math.min(start, at))), start: Math.min(start, at) };
}

export function characters(text: string): number {
  return PAIRS.test(text) ? [...text].length : text.length;
}

// Index in the editor of a character of `code`.
export function indexOf({ code, start }: Place, character: number): number {
  return start + (PAIRS.test(code) ? [...code].slice(0, character).join("").length : character);
}
