// Where keys lead in a grid. Rows are counted from 0; the header is row -1. Pure.

export interface Spot { row: number; column: number }
export interface Extent { rows: number; columns: number; page: number }
export interface Selection { from: Spot; to: Spot }

export function moved(at: Spot, key: string, far: boolean, { rows, columns, page }: Extent): Spot | null {
  const { row, column } = at;
  const last = { row: rows - 1, column: columns - 1 };
  const row0 = Math.min(0, last.row);
  const steps: Record<string, Spot> = {
    ArrowUp: { row: far ? row0 : row - 1, column },
    ArrowDown: { row: far ? last.row : row + 1, column },
    ArrowLeft: { row, column: far ? 0 : column - 1 },
    ArrowRight: { row, column: far ? last.column : column + 1 },
    PageUp: { row: row < 0 ? row : Math.max(row0, row - page), column },
    PageDown: { row: row + page, column },
    Home: { row: far ? row0 : row, column: 0 },
    End: { row: far ? last.row : row, column: last.column },
  };
  const wanted = steps[key];
  return wanted ? within(wanted, last) : null;
}

function within({ row, column }: Spot, last: Spot): Spot {
  return { row: Math.max(-1, Math.min(last.row, row)), column: Math.max(0, Math.min(last.column, column)) };
}

export interface Area { top: number; bottom: number; left: number; right: number }

// Its corners, without the header.
export function area({ from, to }: Selection): Area {
  return {
    top: Math.max(0, Math.min(from.row, to.row)),
    bottom: Math.max(from.row, to.row),
    left: Math.min(from.column, to.column),
    right: Math.max(from.column, to.column),
  };
}
