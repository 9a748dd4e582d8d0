// What a document on the server holds of a notebook. Pure.
import { newCell, type Cell, type CellKind, type KeptOutput, type Sheet } from "../cells/sheet";

export interface ContentCell { id: string; kind: CellKind; code: string; kept: readonly KeptOutput[] | null }
export interface Content { name: string; kernel: string | null; cells: readonly ContentCell[] }
// `at`: when it was saved, in ms.
export interface Saved extends Content { version: number; at: number | null }

export function contentOf(sheet: Sheet, name: string, kernel: string | null): Content {
  return { name, kernel, cells: sheet.cells.map(({ id, kind, code, kept }) => ({ id, kind, code, kept })) };
}

// What is known of the cells' runs stays.
export function sheetOf(cells: readonly ContentCell[], now: Sheet): Sheet {
  const there = new Map(now.cells.map((cell) => [cell.id, cell]));
  const next = cells.map(({ id, kind, code, kept }): Cell => ({ ...(there.get(id) ?? newCell("", kind, id)), kind, code, kept }));
  return { ...now, cells: next };
}

export function sameContent(one: Content, other: Content): boolean {
  return one.name === other.name && one.kernel === other.kernel && one.cells.length === other.cells.length
    && one.cells.every((cell, index) => sameCell(cell, other.cells[index]));
}

export function sameCell(one: ContentCell | undefined, other: ContentCell | undefined): boolean {
  if (!one || !other) return one === other;
  return one.id === other.id && one.kind === other.kind && one.code === other.code
    && (one.kept === other.kept || JSON.stringify(one.kept) === JSON.stringify(other.kept));
}
