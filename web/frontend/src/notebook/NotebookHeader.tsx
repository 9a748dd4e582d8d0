import { useNavigate } from "@tanstack/react-router";
import { Cpu } from "lucide-react";
import { memo, useState } from "react";
import type { Kernel } from "../api/types";
import { EnvironmentSheet } from "../environments/EnvironmentSheet";
import { PackagesTag } from "../environments/PackagesTag";
import { KernelButtons, KernelMenu, type Opened } from "../kernels/KernelActions";
import { Access } from "../kernels/Access";
import { Isolation } from "../kernels/Isolation";
import { waiting } from "../kernels/KernelCard";
import { KernelDialogs } from "../kernels/KernelDialogs";
import { MemoryBar } from "../kernels/MemoryBar";
import { isUp, limits, mayChange } from "../kernels/states";
import { StateChip } from "../parts/StateChip";

// The head of a kernel's own page. Not drawn again for each cell that ends.
export const NotebookHeader = memo(function NotebookHeader({ kernel }: { kernel: Kernel }) {
  return (
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
