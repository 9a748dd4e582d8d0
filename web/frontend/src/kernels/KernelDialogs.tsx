import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deleteKernel } from "../api/calls";
import type { Kernel } from "../api/types";
import { queryClient } from "../app/queries";
import { EnvironmentSheet } from "../environments/EnvironmentSheet";
import { Confirm } from "../parts/Confirm";
import { counted } from "../words/sizes";
import type { Opened } from "./KernelActions";
import { CreateSheet, EditSheet } from "./KernelSheets";
import { LogSheet } from "./LogSheet";
import { ShareSheet } from "./ShareSheet";
import { cloneOf } from "./draft";
import { isUp } from "./states";
import { kernelsQuery, put } from "./useKernels";

interface Props { kernel: Kernel; what: Opened; onClose: () => void; onDeleted?: () => void }

export function KernelDialogs({ kernel, what, onClose, onDeleted }: Props) {
  const { data } = useQuery(kernelsQuery);
  const taken = (data?.items ?? []).map((one) => one.id);
  if (what === "edit") return <EditSheet kernel={kernel} onClose={onClose} />;
  if (what === "share") return <ShareSheet kernel={kernel} onClose={onClose} />;
  if (what === "environment") return <EnvironmentSheet kernel={kernel} onClose={onClose} />;
  if (what === "log") return <LogSheet kernel={kernel} onClose={onClose} />;
  if (what === "delete") return <DeleteDialog {...{ kernel, onClose }} onDeleted={onDeleted ?? onClose} />;
  return <CreateSheet start={cloneOf(kernel, taken)} title={`Clone ${kernel.name}`} onClose={onClose} />;
}

function DeleteDialog({ kernel, onClose, onDeleted }: { kernel: Kernel; onClose: () => void; onDeleted: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    try {
      put(queryClient, kernel.uid, await deleteKernel(kernel.uid));
      onClose();
      onDeleted();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Confirm
      open onClose={onClose} title={`Delete ${kernel.name}?`} verb="Delete kernel" busy={busy} error={error}
      onConfirm={() => void confirm()}
    >
      <p>{whatGoes(kernel)}</p>
      <p>
        What it published for its flows goes, too. The catalog keeps its own; so do shared files, with all their versions, and
        the outputs of flows. This cannot be undone.
      </p>
    </Confirm>
  );
}

function whatGoes(kernel: Kernel): string {
  const running = kernel.current_execution ? "The cell that runs is ended. " : "";
  const queue = kernel.queue_length > 0 ? `, ${counted(kernel.queue_length, "waiting cell")}` : "";
  const variables = isUp(kernel.state) ? ", the variables of its cells" : "";
  return `${running}Gone are the kernel, its settings${variables}${queue}, and the page with its cells and outputs.`;
}
