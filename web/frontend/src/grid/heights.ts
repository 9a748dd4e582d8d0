// How high a grid is, known before it is drawn. Pure.

export const ROW = 28;
export const HEADER = 80;
export const TALLEST = 396;
const FOOTER = 35;
const BORDERS = 2;

// `data`: a table as a kernel sent it.
export function heightOf(data: unknown): number {
  const { rows } = (data ?? {}) as { rows?: unknown };
  const count = Array.isArray(rows) ? rows.length : 0;
  return Math.min(TALLEST, HEADER + count * ROW) + FOOTER + BORDERS;
}
