// Find and replace in the text of all cells. Pure.
import type { Cell } from "./sheet";

export interface Query { text: string; matchCase: boolean; regexp: boolean }
export interface Match { cell: string; from: number; to: number }

const MOST = 5000;

// Null: nothing is asked for. Throws a SyntaxError for an expression that is none.
export function patternOf({ text, matchCase, regexp }: Query): RegExp | null {
  if (text === "") return null;
  const source = regexp ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(source, `g${matchCase ? "" : "i"}${regexp ? "m" : ""}`);
}

export function matchesIn(cells: readonly Pick<Cell, "id" | "code">[], pattern: RegExp | null): Match[] {
  if (pattern === null) return [];
  const found: Match[] = [];
  for (const { id, code } of cells) {
    for (const match of code.matchAll(pattern)) {
      if (match[0] === "") continue;
      found.push({ cell: id, from: match.index, to: match.index + match[0].length });
      if (found.length === MOST) return found;
    }
  }
  return found;
}

// `by` may say $1, $& and so on where an expression was looked for.
export function replacedOne(code: string, match: Match, query: Query, by: string): string {
  const pattern = patternOf({ ...query });
  if (pattern === null) return code;
  pattern.lastIndex = match.from;
  const there = pattern.exec(code);
  if (there?.index !== match.from || there[0].length !== match.to - match.from) return code;
  const rest = code.slice(match.from, match.to);
  const next = query.regexp ? withGroups(there, by) : by;
  return code.slice(0, match.from) + next + code.slice(match.from + rest.length);
}

export function replacedAll<C extends Pick<Cell, "code">>(cells: readonly C[], query: Query, by: string): C[] {
  const pattern = patternOf(query);
  if (pattern === null) return [...cells];
  return cells.map((cell) => {
    const code = cell.code.replace(pattern, (...found: unknown[]) => {
      const groups = found.slice(0, found.findIndex((one) => typeof one === "number")) as (string | undefined)[];
      if (groups[0] === "") return "";
      return query.regexp ? withGroups(groups, by) : by;
    });
    return code === cell.code ? cell : { ...cell, code };
  });
}

function withGroups(groups: readonly (string | undefined)[], by: string): string {
  return by.replace(/\$(\$|&|\d{1,2})/g, (whole, which: string) => {
    if (which === "$") return "$";
    if (which === "&") return groups[0] ?? "";
    return Number(which) < groups.length ? (groups[Number(which)] ?? "") : whole;
  });
}
