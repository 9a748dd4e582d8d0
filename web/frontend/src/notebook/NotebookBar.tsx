import { Ellipsis, Eraser, Eye, Keyboard, ListRestart, OctagonX, Play, Redo2, Search, Skull, Undo2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState, useSyncExternalStore, type ReactNode } from "react";
import { sentence } from "../api/client";
import type { Kernel } from "../api/types";
import { useRole } from "../app/queries";
import { isUp, mayChange } from "../kernels/states";
import { Button, IconButton } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { Notice } from "../parts/Notice";
import type { Finding } from "./cells/finding";
import { setScheme, useScheme } from "./cells/scheme";
import { KeysSheet } from "./KeysSheet";
import type { Notebook } from "./notebook";
import { Strip, Summary } from "./Progress";
import { useRun } from "./runs/runs";

interface Props {
  notebook: Notebook;
  kernel: Kernel | null;
  mayEdit: boolean;
  mayRun: boolean;
  choice: ReactNode;
  menu: ReactNode;
  finding: Finding;
}

export function NotebookBar({ notebook, kernel, mayEdit, mayRun, choice, menu, finding }: Props) {
  return (
    <>
      <div className="row wrap">
        {choice}
        {mayRun ? <Tools {...{ notebook, kernel }} /> : kernel !== null && !mayChange(kernel) && <OnlyLooks kernel={kernel} />}
        {mayEdit && <Steps notebook={notebook} />}
        <IconButton small icon={Search} label="Find and replace (Ctrl+F in a cell)" onClick={() => finding.show(!finding.open)} />
        <span className="grow" />
        <Summary store={notebook.store} />
        <More>{menu}</More>
      </div>
      <Strip store={notebook.store} />
    </>
  );
}

function OnlyLooks({ kernel }: { kernel: Kernel }) {
  const ask =
    useRole() === "viewer"
      ? "Running some needs the role editor, which an admin gives."
      : `To run some, ask ${kernel.owner} to share this kernel with you as an editor.`;
  return (
    <p className="row faint">
      <Eye className="icon" aria-hidden />
      <span>You see these cells as they run. {ask}</span>
    </p>
  );
}

function Tools({ kernel, notebook }: Pick<Props, "kernel" | "notebook">) {
  const empty = useSyncExternalStore(notebook.store.watch, () => notebook.store.current.cells.length === 0);
  const [error, setError] = useState<string | null>(null);
  const [asking, setAsking] = useState<"clear" | "restart" | null>(null);
  const running = kernel?.current_execution ?? null;
  const stopping = useRun(running)?.cancelAskedAt != null;
  const attempt = (what: Promise<unknown>): void => {
    setError(null);
    what.catch((failure: unknown) => setError(sentence(failure)));
  };
  return (
    <>
      <Button small kind="primary" icon={Play} disabled={empty} onClick={() => attempt(notebook.runAll())}>Run all</Button>
      <Button
        small icon={OctagonX} kind={running ? "danger" : "quiet"} disabled={running === null}
        onClick={() => running && attempt(notebook.cancel(running))}
      >
        Stop
      </Button>
      {running !== null && stopping && <KillButton onKill={() => attempt(notebook.cancel(running, true))} />}
      <Button small kind="quiet" icon={ListRestart} disabled={kernel === null || !isUp(kernel.state)} onClick={() => setAsking("restart")}>
        Restart namespace
      </Button>
      <Button small kind="quiet" icon={Eraser} onClick={() => setAsking("clear")}>Clear outputs</Button>
      {error && <Notice tone="red">{error}</Notice>}
      <Confirm
        open={asking === "restart"} onClose={() => setAsking(null)} title="Restart the namespace?" verb="Restart"
        onConfirm={() => (setAsking(null), attempt(notebook.restart()))}
      >
        What runs is interrupted, and all variables of these cells are gone. Code and outputs stay, marked stale.
      </Confirm>
      <Confirm
        open={asking === "clear"} onClose={() => setAsking(null)} title="Clear all outputs?" verb="Clear outputs"
        onConfirm={() => (setAsking(null), attempt(notebook.clear()))}
      >
        {notebook.place.node === null
          ? "The outputs of all cells that have ended go for good, for everybody who sees this kernel. Code and variables stay."
          : "What the cells of this node put out here goes for good. Runs of the flow keep theirs; code, tables and variables stay."}
      </Confirm>
    </>
  );
}

// Beside Stop once that was pressed: what is in a long call in C may not look for it.
function KillButton({ onKill }: { onKill: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button small kind="danger" icon={Skull} onClick={() => setAsking(true)}>Kill</Button>
      <Confirm open={asking} onClose={() => setAsking(false)} title="Kill the kernel's Python?" verb="Kill" onConfirm={() => (setAsking(false), onKill())}>
        The variables of all its cells are lost, those of other notebooks, too. Outputs and shared files stay, and the queue goes on.
      </Confirm>
    </>
  );
}

function Steps({ notebook: { store } }: { notebook: Notebook }) {
  const canUndo = useSyncExternalStore(store.watch, () => store.canUndo);
  const canRedo = useSyncExternalStore(store.watch, () => store.canRedo);
  return (
    <span className="row tight">
      <IconButton small icon={Undo2} label="Undo a change of cells" disabled={!canUndo} onClick={() => store.undo()} />
      <IconButton small icon={Redo2} label="Redo a change of cells" disabled={!canRedo} onClick={() => store.redo()} />
    </span>
  );
}

function More({ children }: { children: ReactNode }) {
  const scheme = useScheme();
  const [keys, setKeys] = useState(false);
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild>
          <IconButton small icon={Ellipsis} label="More about these cells" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            {children}
            <DropdownMenu.CheckboxItem
              checked={scheme === "jupyter"} onCheckedChange={(on) => setScheme(on ? "jupyter" : "husk")} onSelect={(event) => event.preventDefault()}
            >
              <span className="check" aria-hidden>{scheme === "jupyter" ? "✓" : ""}</span> Jupyter's keys
            </DropdownMenu.CheckboxItem>
            <DropdownMenu.Item onSelect={() => setKeys(true)}>
              <Keyboard className="icon" aria-hidden /> All keys…
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {keys && <KeysSheet onClose={() => setKeys(false)} />}
    </>
  );
}

