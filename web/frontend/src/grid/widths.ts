// How wide columns are: by what the first rows hold, so that nothing moves while one scrolls. Pure.
import { kindOf, valueAt, type Table } from "./table";
import { brief } from "./words";

// Values over all columns, and of one column at most and at least.
const LOOKED_AT = 40_000;
const MOST = 60;
const LEAST = 4;
const CHARACTER = 7.3;
const AROUND = 26;
// Buttons of a header, beside its name.
const BUTTONS = 44;
export const NARROWEST = 96;
const WIDEST = 320;

export function widthOf(table: Table, column: number): number {
  const { name = "", type = "" } = table.columns[column] ?? {};
  const looked = Math.max(LEAST, Math.min(MOST, Math.floor(LOOKED_AT / table.columns.length)));
  let longest = 0;
  for (let row = 0; row < Math.min(looked, table.rows.length); row += 1) {
    longest = Math.max(longest, brief(valueAt(table.rows[row], column)).length);
  }
  const header = Math.max(name.length * CHARACTER + BUTTONS, type.length * (CHARACTER - 0.7));
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, longest * CHARACTER + AROUND, header + AROUND)));
}

export function isRight(table: Table, column: number): boolean {
  return kindOf(table, column) === "number";
}
