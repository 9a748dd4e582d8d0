import { ArrowDown, ArrowUp, Ban, Play, Plus, Trash2 } from "lucide-react";
import { IconButton } from "../../parts/Button";
import { move, remove, type Cell } from "./sheet";
import type { Notebook } from "../notebook";
import type { Run } from "../runs/run";

interface Props {
  notebook: Notebook;
  cell: Cell;
  run: Run | undefined;
  onFocusCell: (id: string) => void;
}

export function CellToolbar({ notebook, cell, run, onFocusCell }: Props) {
  const { store } = notebook;
  const open = run !== undefined && !run.ended;
  return (
    <div className="cell-tools" role="toolbar" aria-label="Cell">
      {open ? (
        <IconButton
          small icon={Ban} label={run.status === "queued" ? "Take out of the queue" : "Interrupt"}
          onClick={() => void notebook.cancel(run.id).catch(() => undefined)}
        />
      ) : (
        <IconButton small icon={Play} label="Run (Shift+Enter)" onClick={() => void notebook.run(cell.id)} />
      )}
      <IconButton small icon={ArrowUp} label="Move up" onClick={() => store.update(move(store.current, cell.id, -1))} />
      <IconButton small icon={ArrowDown} label="Move down" onClick={() => store.update(move(store.current, cell.id, 1))} />
      <IconButton small icon={Plus} label="Add a cell below" onClick={() => onFocusCell(notebook.addAfter(cell.id).id)} />
      <IconButton small icon={Trash2} label="Delete cell" onClick={() => store.update(remove(store.current, cell.id))} />
    </div>
  );
}
