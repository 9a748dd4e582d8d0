import { ApiError } from "../../api/client";
import { Button } from "../../parts/Button";
import { Failure, Notice } from "../../parts/Notice";
import type { Notebook } from "../notebook";

export function NotSent({ notebook, cell, error }: { notebook: Notebook; cell: string; error: unknown }) {
  const again = (start: boolean): void => void notebook.run(cell, start);
  const dismiss = <Button small kind="quiet" onClick={() => notebook.sends.set(cell, null)}>Leave it</Button>;
  if (error instanceof ApiError && error.code === "kernel_not_running") {
    return (
      <Notice tone="blue" actions={<><Button small onClick={() => again(true)}>Start and run</Button>{dismiss}</>}>
        The kernel does not run, so this cell was not sent.
      </Notice>
    );
  }
  return <Failure error={error} actions={<><Button small onClick={() => again(false)}>Send again</Button>{dismiss}</>} />;
}
