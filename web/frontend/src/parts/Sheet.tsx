import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { useReturnFocus } from "./returnFocus";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  about: string;
  wide?: boolean;
  children: ReactNode;
}

// Its first field, not the button that closes it.
function focusFirstField(event: Event): void {
  const field = (event.target as HTMLElement | null)?.querySelector<HTMLElement>("input, textarea");
  if (!field) return;
  event.preventDefault();
  field.focus();
}

export function Sheet({ open, onClose, title, about, wide, children }: Props) {
  const returnFocus = useReturnFocus();
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className={wide ? "sheet wide-sheet" : "sheet"} onOpenAutoFocus={focusFirstField} onCloseAutoFocus={returnFocus}>
          <header>
            <div>
              <Dialog.Title>{title}</Dialog.Title>
              <Dialog.Description className="soft">{about}</Dialog.Description>
            </div>
            <Button kind="quiet" icon={X} aria-label="Close" onClick={onClose} />
          </header>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
