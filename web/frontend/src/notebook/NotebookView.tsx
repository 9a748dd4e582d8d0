// Cells with their bar and the panels beside them: a kernel's page, a notebook and a node's code alike.
import { Plus, TextInitial } from "lucide-react";
import { useEffect, useMemo, useRef, type FocusEvent, type KeyboardEvent, type ReactNode } from "react";
import type { Kernel } from "../api/types";
import { Button } from "../parts/Button";
import "../styles/notebook.css";
import "../styles/outputs.css";
import { Actions } from "./cells/actions";
import { CellView } from "./cells/CellView";
import { useSheet } from "./cells/document";
import { Finding } from "./cells/finding";
import { Handles } from "./cells/handles";
import { Living } from "./cells/living";
import { change } from "./cells/sheet";
import { useScheme } from "./cells/scheme";
import { FindBar } from "./FindBar";
import type { Notebook } from "./notebook";
import { NotebookBar } from "./NotebookBar";
import { Inspector } from "./panels/Inspector";
import type { Tab } from "./panels/tabs";

interface Props {
  notebook: Notebook;
  kernel: Kernel | null;
  mayEdit: boolean;
  mayRun: boolean;
  head: ReactNode;
  notices: ReactNode;
  // Of the bar: which kernel, and what else can be done with this document.
  choice: ReactNode;
  menu: ReactNode;
  panel: Tab | null;
  onPanel: (panel: Tab | null) => void;
}

export function NotebookView(props: Props) {
  const { notebook, kernel, mayEdit, mayRun, head, notices, choice, menu, panel, onPanel } = props;
  const { store, place } = notebook;
  const sheet = useSheet(store);
  const handles = useMemo(() => new Handles(), []);
  const finding = useMemo(() => new Finding(store), [store]);
  const actions = useMemo(() => new Actions(notebook, handles, mayEdit, mayRun), [notebook, handles, mayEdit, mayRun]);
  useEffect(() => finding.attach(), [finding]);
  const last = useRef<string | null>(null);
  const noteFocus = (event: FocusEvent<HTMLElement>): void => {
    const cell = event.target.closest("section.cell");
    if (cell) last.current = store.current.cells[[...event.currentTarget.children].indexOf(cell)]?.id ?? null;
  };
  return (
    <div className="notebook-ground">
      <div className="notebook" onKeyDown={(event) => findKey(event, finding)}>
        {head}
        <div className="notebook-bar">
          <NotebookBar {...{ notebook, kernel, mayEdit, mayRun, choice, menu, finding }} />
          <FindBar finding={finding} mayEdit={mayEdit} onGo={(cell) => showCell(handles, cell)} />
        </div>
        {notices}
        <div className="cells" onFocusCapture={noteFocus}>
          {sheet.cells.length === 0 && <Teaching />}
          <Living value={kernel?.generation ?? null}>
            {sheet.cells.map((cell, index) => <CellView key={cell.id} {...{ actions, finding, handles, cell, index }} />)}
          </Living>
        </div>
        {mayEdit && <AddBar actions={actions} hasText={place.hasText} />}
      </div>
      <Inspector
        kernel={kernel} flow={place.flow} node={place.node} tab={panel} onTab={onPanel}
        onInsert={(code) => mayEdit && insertCode(actions, last.current, code)}
      />
    </div>
  );
}

function findKey(event: KeyboardEvent, finding: Finding): void {
  const asked = event.key.toLowerCase() === "f" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  if (!asked || !(event.target instanceof Element) || !event.target.closest(".cells, .find-bar")) return;
  event.preventDefault();
  finding.show(true);
}

// The focus stays where one looks for more.
function showCell(handles: Handles, cell: string): void {
  const before = document.activeElement;
  handles.select(cell);
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
}

// Into the cell that one was in if it is empty, else into a new one below it.
function insertCode(actions: Actions, cell: string | null, code: string): void {
  const { store } = actions.notebook;
  const there = store.current.cells.find((one) => one.id === cell);
  if (there?.kind !== "code" || there.code.trim() !== "") return actions.below(there ? there.id : null, "code", code);
  store.step(change(store.current, there.id, { code }), true);
  actions.do("edit", there.id);
}

function AddBar({ actions, hasText }: { actions: Actions; hasText: boolean }) {
  const isOurs = useScheme() === "husk";
  return (
    <div className="add">
      <Button small kind="quiet" icon={Plus} onClick={() => actions.below(null)}>Add a cell</Button>
      {hasText && <Button small kind="quiet" icon={TextInitial} onClick={() => actions.below(null, "markdown")}>Add text</Button>}
      <span className="faint wide">
        <kbd>{isOurs ? "Shift" : "Ctrl"}</kbd> <kbd>Enter</kbd> runs a cell, <kbd>{isOurs ? "Ctrl" : "Shift"}</kbd> <kbd>Enter</kbd> runs it
        and goes on
      </span>
    </div>
  );
}

function Teaching() {
  return (
    <p className="prose teaching">
      Cells that you run here keep their variables on the kernel until it restarts. Add one and try{" "}
      <code>import polars as pl; pl.DataFrame({"{"}"a": [1, 2, 3]{"}"})</code>
    </p>
  );
}
