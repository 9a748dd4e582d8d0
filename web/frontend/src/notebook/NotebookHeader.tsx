import { useNavigate } from "@tanstack/react-router";
import { Cpu, Eraser, Eye, ListRestart, OctagonX, Play } from "lucide-react";
import { memo, useState, useSyncExternalStore } from "react";
import { sentence } from "../api/client";
import type { Kernel } from "../api/types";
import { useRole } from "../app/queries";
import { EnvironmentSheet } from "../environments/EnvironmentSheet";
import { PackagesTag } from "../environments/PackagesTag";
import { KernelButtons, KernelMenu, type Opened } from "../kernels/KernelActions";
import { Access } from "../kernels/Access";
import { Isolation } from "../kernels/Isolation";
import { waiting } from "../kernels/KernelCard";
import { KernelDialogs } from "../kernels/KernelDialogs";
import { MemoryBar } from "../kernels/MemoryBar";
import { isUp, limits, mayChange } from "../kernels/states";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { Notice } from "../parts/Notice";
import { StateChip } from "../parts/StateChip";
import { Reference } from "../reference/Reference";
import { NamespaceMenu } from "./NamespaceMenu";
import type { Notebook } from "./notebook";
import { Strip, Summary } from "./Progress";

interface Props { kernel: Kernel; notebook: Notebook; flows: string[] }

// Not drawn again for each cell that ends: what shows those looks at the sheet itself.
export const NotebookHeader = memo(function NotebookHeader({ kernel, notebook, flows }: Props) {
  return (
    <>
      <div className="kernel-head">
        <h1 className="cut">{kernel.name}</h1>
        <span aria-live="polite">
          <StateChip state={kernel.state} />
        </span>
        <Isolation kernel={kernel} />
        <Access kernel={kernel} />
        <Environment kernel={kernel} />
        <span className="row soft">
          <Cpu className="icon" aria-hidden /> {limits(kernel)}
        </span>
        {isUp(kernel.state) && kernel.state !== "building" && <MemoryBar kernel={kernel} />}
        <span className="soft">{waiting(kernel)}</span>
        <span className="grow" />
        <KernelSide kernel={kernel} />
      </div>
      <div className="notebook-bar">
        <div className="row wrap">
          {mayChange(kernel) ? <Tools {...{ kernel, notebook }} /> : <OnlyLooks kernel={kernel} />}
          <Reference />
          <NamespaceMenu flow={notebook.flow} flows={flows} />
          <span className="grow" />
          <Summary store={notebook.store} />
        </div>
        <Strip store={notebook.store} />
      </div>
    </>
  );
});

function Environment({ kernel }: { kernel: Kernel }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <PackagesTag kernel={kernel} onOpen={() => setOpened(true)} />
      {opened && <EnvironmentSheet kernel={kernel} onClose={() => setOpened(false)} />}
    </>
  );
}

function KernelSide({ kernel }: { kernel: Kernel }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const navigate = useNavigate();
  return (
    <span className="row">
      {mayChange(kernel) && <KernelButtons kernel={{ ...kernel, current_execution: null }} small />}
      <KernelMenu kernel={kernel} onOpen={setOpened} />
      {opened && (
        <KernelDialogs
          kernel={kernel} what={opened} onClose={() => setOpened(null)}
          onDeleted={() => void navigate({ to: "/kernels" })}
        />
      )}
    </span>
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

function Tools({ kernel, notebook }: Omit<Props, "flows">) {
  const empty = useSyncExternalStore(notebook.store.watch, () => notebook.store.current.cells.length === 0);
  const [error, setError] = useState<string | null>(null);
  const [asking, setAsking] = useState<"clear" | "restart" | null>(null);
  const running = kernel.current_execution;
  const attempt = (what: Promise<unknown>): void => {
    setError(null);
    what.catch((failure: unknown) => setError(sentence(failure)));
  };
  return (
    <>
      <Button small kind="primary" icon={Play} disabled={empty} onClick={() => attempt(notebook.runAll())}>
        Run all
      </Button>
      <Button
        small icon={OctagonX} kind={running ? "danger" : "quiet"} disabled={running === null}
        onClick={() => running && attempt(notebook.cancel(running))}
      >
        Stop
      </Button>
      <Button small kind="quiet" icon={ListRestart} disabled={!isUp(kernel.state)} onClick={() => setAsking("restart")}>
        Restart namespace
      </Button>
      <Button small kind="quiet" icon={Eraser} onClick={() => setAsking("clear")}>
        Clear outputs
      </Button>
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
        The outputs of all cells that have ended go for good, for everybody who sees this kernel. Code and variables stay.
      </Confirm>
    </>
  );
}
