// How cells and what the ledger has of them belong together: by their code on a kernel's page, by their id in a
// document.
import { clearOutputs } from "../api/calls";
import type { ExecutionSummary } from "../api/types";
import { clearNotebook, latestOfCells } from "../api/notebooks";
import { adopt, bindAll, type Seen, type Sheet } from "./cells/sheet";
import { eraseNamespace, rowsOf } from "./recorded";

export type Row = ExecutionSummary;
// How a cell is called where it is sent.
export interface CellNames { node_id?: string; cell_id?: string }

export interface Recording {
  // The oldest first.
  rows(): Promise<Row[]>;
  erase(): Promise<unknown>;
  // `meanwhile`: cells that got a newer execution since the rows were asked for.
  adopt(sheet: Sheet, rows: readonly Row[], meanwhile: ReadonlySet<string>): Sheet;
  names(cell: string): CellNames;
}

export function bySheet(uid: string, flow: string | null): Recording {
  return {
    rows: () => rowsOf(uid, flow),
    erase: () => eraseNamespace(uid, flow),
    adopt: (sheet, rows) => {
      const seen: Seen[] = rows.map(({ id, seq, code, cleared_at }) => ({ id, seq, code, cleared: cleared_at !== null }));
      return adopt(sheet, seen);
    },
    names: () => ({}),
  };
}

export function ofNotebook(id: string): Recording {
  return {
    rows: async () => (await latestOfCells(id)).items.reverse(),
    erase: () => clearNotebook(id),
    adopt: bindRows,
    names: (cell_id) => ({ cell_id }),
  };
}

// `kernel`: null, nothing runs and nothing is erased.
export function ofNode(flow: string, node: string, kernel: string | null): Recording {
  return {
    rows: async () => (await latestOfCells(flow)).items.filter((row) => row.node_id === node).reverse(),
    erase: () => (kernel === null ? Promise.resolve() : clearOutputs(kernel, flow, node)),
    adopt: bindRows,
    names: (cell_id) => ({ node_id: node, cell_id }),
  };
}

function bindRows(sheet: Sheet, rows: readonly Row[], meanwhile: ReadonlySet<string>): Sheet {
  const runs = new Map<string, string | null>();
  for (const row of rows) if (row.cell_id != null) runs.set(row.cell_id, row.cleared_at === null ? row.id : null);
  return bindAll(sheet, runs, meanwhile);
}
