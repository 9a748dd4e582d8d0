import type { EditorView } from "@codemirror/view";
import { useParams, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import { ApiError } from "../api/client";
import type { Kernel } from "../api/types";
import { NotThere } from "../app/Trouble";
import { mayChange } from "../kernels/states";
import { useKernel } from "../kernels/useKernels";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/notebook.css";
import "../styles/outputs.css";
import { CellView } from "./cells/CellView";
import { useSheet } from "./cells/store";
import { NotebookHeader } from "./NotebookHeader";
import { StateNotice } from "./StateNotice";
import { LOOSE, useFlows } from "./flows";
import { useNotebook } from "./useNotebook";

export function NotebookPage() {
  const { id } = useParams({ from: "/inside/kernels/$id" });
  const { kernel, error } = useKernel(id);
  useTitle(kernel?.name ?? id);
  if (error instanceof ApiError && error.status === 404) return <NotThere />;
  if (error) return <div className="page"><Failure error={error} /></div>;
  return kernel ? <Namespace kernel={kernel} /> : <div className="page" aria-busy="true" />;
}

function Namespace({ kernel }: { kernel: Kernel }) {
  const { flow: asked } = useSearch({ from: "/inside/kernels/$id" });
  const { flows, first } = useFlows(kernel.uid);
  const flow = asked === undefined ? first : asked === LOOSE ? null : asked;
  if (flow === undefined) return <div className="page" aria-busy="true" />;
  return <Cells key={`${kernel.uid} ${flow ?? ""}`} {...{ kernel, flow, flows }} />;
}

function Cells({ kernel, flow, flows }: { kernel: Kernel; flow: string | null; flows: string[] }) {
  const notebook = useNotebook(kernel.uid, flow);
  const sheet = useSheet(notebook.store);
  useEffect(() => notebook.noteCleared(kernel.cleared_at), [notebook, kernel.cleared_at]);
  const { register, focusCell } = useViews();
  const advance = useCallback((id: string) => {
    const next = notebook.store.current.cells[notebook.index(id) + 1] ?? notebook.addAfter(id);
    focusCell(next.id);
  }, [notebook, focusCell]);
  return (
    <div className="notebook-ground">
    <div className="notebook">
      <NotebookHeader {...{ kernel, notebook, flows }} />
      <StateNotice kernel={kernel} />
      <div className="cells">
        {sheet.cells.length === 0 && <Teaching />}
        {sheet.cells.map((cell, index) => (
          <CellView
            key={cell.id} {...{ notebook, cell, index, register }} readOnly={!mayChange(kernel)}
            onAdvance={advance} onFocusCell={focusCell}
          />
        ))}
      </div>
      {mayChange(kernel) && (
        <div className="add">
          <Button small kind="quiet" icon={Plus} onClick={() => focusCell(notebook.addAfter(null).id)}>
            Add a cell
          </Button>
          <span className="faint wide"><kbd>Shift</kbd> <kbd>Enter</kbd> runs a cell, <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs it and goes on</span>
        </div>
      )}
    </div>
    </div>
  );
}

function Teaching() {
  return (
    <p className="prose teaching">
      Cells that you run here keep their variables on this kernel until it restarts. Add one and try{" "}
      <code>import polars as pl; pl.DataFrame({"{"}"a": [1, 2, 3]{"}"})</code>
    </p>
  );
}

// Editors by cell; one that is not there yet gets the focus when it comes.
function useViews() {
  const views = useRef(new Map<string, EditorView>());
  const wanted = useRef<string | null>(null);
  const register = useCallback((id: string, view: EditorView | null) => {
    if (view === null) return void views.current.delete(id);
    views.current.set(id, view);
    if (wanted.current !== id) return;
    wanted.current = null;
    view.focus();
  }, []);
  const focusCell = useCallback((id: string) => {
    const view = views.current.get(id);
    if (!view) wanted.current = id;
    view?.focus();
    view?.dom.closest(".cell")?.scrollIntoView({ block: "nearest" });
  }, []);
  return { register, focusCell };
}
