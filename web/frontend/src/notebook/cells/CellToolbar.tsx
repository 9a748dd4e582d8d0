import { ArrowDown, ArrowUp, Ban, Code, Play, Plus, TextInitial, Trash2 } from "lucide-react";
import { IconButton } from "../../parts/Button";
import type { Run } from "../runs/run";
import type { Actions } from "./actions";
import { useScheme } from "./scheme";
import type { Cell } from "./sheet";

interface Props { actions: Actions; cell: Cell; run: Run | undefined }

export function CellToolbar({ actions, cell, run }: Props) {
  if (!actions.mayEdit && !actions.mayRun) return null;
  return (
    <div className="cell-tools" role="toolbar" aria-label="Cell">
      {cell.kind === "code" && actions.mayRun && <RunTool {...{ actions, cell, run }} />}
      {actions.mayEdit && (
        <>
          <IconButton small icon={ArrowUp} label="Move up" onClick={() => actions.move(cell.id, -1)} />
          <IconButton small icon={ArrowDown} label="Move down" onClick={() => actions.move(cell.id, 1)} />
          <IconButton small icon={Plus} label="Add a cell below" onClick={() => actions.below(cell.id)} />
          {actions.notebook.hasText && (cell.kind === "code" ? (
            <IconButton small icon={TextInitial} label="Make it text" onClick={() => actions.turn(cell.id, "markdown")} />
          ) : (
            <IconButton small icon={Code} label="Make it code" onClick={() => actions.turn(cell.id, "code")} />
          ))}
          <IconButton small icon={Trash2} label="Delete cell" onClick={() => actions.delete(cell.id)} />
        </>
      )}
    </div>
  );
}

function RunTool({ actions, cell, run }: Props) {
  const keys = useScheme() === "husk" ? "Shift+Enter" : "Ctrl+Enter";
  if (run === undefined || run.ended) return <IconButton small icon={Play} label={`Run (${keys})`} onClick={() => actions.run(cell.id)} />;
  return (
    <IconButton
      small icon={Ban} label={run.status === "queued" ? "Take out of the queue" : "Interrupt"}
      onClick={() => void actions.notebook.cancel(run.id).catch(() => undefined)}
    />
  );
}
