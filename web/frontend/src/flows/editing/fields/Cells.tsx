import { ArrowDown, ArrowUp, Maximize2, Plus, X } from "lucide-react";
import { Editor } from "../../../notebook/cells/Editor";
import { Button, IconButton } from "../../../parts/Button";
import { Reference } from "../../../reference/Reference";
import { useKernel } from "../../useKernels";
import { cellsOf, withCell, type Cell } from "../changes";
import type { FieldsProps } from "../SettingsFields";
import { useWrong } from "../wrong";

// Its code, cell by cell; it is run in the expanded editor, which is a notebook.
export function Cells({ flow, draft, node, put, dirty, onExpand }: FieldsProps) {
  const kernel = useKernel(node.kernel ?? draft.default_kernel);
  const wrong = useWrong(node.id)("settings.cells");
  const cells = cellsOf(node);
  const write = (index: number, code: string): void => put({ cells: cells.map((one, at) => (at === index ? { ...one, code } : one)) }, `cell ${index}`);
  const swap = (index: number, other: number): void => {
    const moved = [...cells];
    [moved[index], moved[other]] = [moved[other] as Cell, moved[index] as Cell];
    put({ cells: moved });
  };
  return (
    <section className="stack small-gap" aria-label="Cells">
      <div className="row">
        <h3>Cells</h3>
        <Reference />
        <span className="grow" />
        <Button small kind="quiet" icon={Maximize2} onClick={() => onExpand(node.id)}>{dirty ? "Save and expand editor" : "Expand editor"}</Button>
      </div>
      {cells.map((cell, index) => (
        <div className="cell code-cell" key={cell.id}>
          <Editor
            kernel={kernel?.uid ?? null} flow={flow.id} label={`Code of cell ${index + 1}`} code={cell.code} readOnly={false} failingLine={null} onView={nothing}
            onChange={(code) => write(index, code)} run={nothing} runAndAdvance={nothing} focused={nothing}
          />
          {cells.length > 1 && (
            <span className="cell-moves">
              <IconButton small icon={ArrowUp} label={`Move cell ${index + 1} up`} disabled={index === 0} onClick={() => swap(index, index - 1)} />
              <IconButton small icon={ArrowDown} label={`Move cell ${index + 1} down`} disabled={index === cells.length - 1} onClick={() => swap(index, index + 1)} />
              <IconButton small icon={X} label={`Delete cell ${index + 1}`} onClick={() => put({ cells: cells.filter((one) => one !== cell) })} />
            </span>
          )}
        </div>
      ))}
      {wrong !== null && <p className="wrong-line" role="alert">{wrong}</p>}
      <span><Button small icon={Plus} onClick={() => put({ cells: withCell(cells) })}>Add a cell</Button></span>
    </section>
  );
}

const nothing = (): void => undefined;
