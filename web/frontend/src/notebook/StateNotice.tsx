import { useState } from "react";
import type { Kernel } from "../api/types";
import { BuildNotice, Reason } from "../environments/Building";
import { EnvironmentSheet } from "../environments/EnvironmentSheet";
import { useTell } from "../kernels/KernelActions";
import { Comeback } from "../kernels/KernelCard";
import { isUp, mayChange, takesCells } from "../kernels/states";
import { Button } from "../parts/Button";
import { Notice } from "../parts/Notice";

// `required`: the page is not the kernel's own, so it is named.
export function StateNotice({ kernel, required = false }: { kernel: Kernel; required?: boolean }) {
  const [opened, setOpened] = useState(false);
  // The sheet stays open when building ends: it says how.
  return (
    <>
      {kernel.state === "building" ? <BuildNotice kernel={kernel} onOpen={() => setOpened(true)} /> : <StoppedNotice {...{ kernel, required }} />}
      {opened && <EnvironmentSheet kernel={kernel} onClose={() => setOpened(false)} />}
    </>
  );
}

function StoppedNotice({ kernel, required }: { kernel: Kernel; required: boolean }) {
  const { tell, busy, error } = useTell(kernel);
  if (kernel.state === "unresponsive") {
    return (
      <Notice tone="amber" actions={<Button small busy={busy} onClick={() => tell("restart")}>Restart kernel</Button>}>
        The kernel has said nothing for 15 s. What it does is not lost by that; a restart loses its variables.
      </Notice>
    );
  }
  if (isUp(kernel.state) || kernel.state === "stopping") return null;
  const failed = kernel.state === "error";
  return (
    <Notice
      tone={failed ? "red" : "blue"}
      actions={mayChange(kernel) && <Button small kind="primary" busy={busy} onClick={() => tell("start")}>Start kernel</Button>}
    >
      <Why {...{ kernel, required }} /> Code and outputs are kept; cells that wait
      run after its next start, with no variables from before.
      {failed && takesCells(kernel) && kernel.restart_at !== null && (
        <>
          <Comeback at={kernel.restart_at} />
          <p className="soft">Cells that are sent now run then.</p>
        </>
      )}
      {error && <p>{error}</p>}
    </Notice>
  );
}

function Why({ kernel, required }: { kernel: Kernel; required: boolean }) {
  return (
    <>
      {required && <strong>Kernel required: </strong>}
      {kernel.state === "error" ? <Reason text={kernel.error ?? ""} /> : <>{required ? kernel.name : "This kernel"} is stopped.</>}
    </>
  );
}
