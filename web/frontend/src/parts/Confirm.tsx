import { AlertDialog } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { Failure } from "./Notice";
import { useReturnFocus } from "./returnFocus";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  verb: string;
  busy?: boolean;
  disabled?: boolean;
  error?: unknown;
  onConfirm: () => void;
}

// Says what goes and what stays before something is destroyed.
export function Confirm({ open, ...rest }: Props) {
  return open ? <Opened {...rest} /> : null;
}

function Opened({ onClose, title, children, verb, busy, disabled, error, onConfirm }: Omit<Props, "open">) {
  const returnFocus = useReturnFocus();
  return (
    <AlertDialog.Root open onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="veil" />
        <AlertDialog.Content className="dialog" onCloseAutoFocus={returnFocus}>
          <AlertDialog.Title asChild>
            <h2>{title}</h2>
          </AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="prose">{children}</div>
          </AlertDialog.Description>
          <Failure error={error} />
          <div className="ends">
            <AlertDialog.Cancel asChild>
              <Button>Keep it</Button>
            </AlertDialog.Cancel>
            <Button kind="danger solid" busy={busy ?? false} disabled={disabled ?? false} onClick={onConfirm}>
              {verb}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
