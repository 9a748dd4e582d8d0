import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./Button";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  about: string;
  children: ReactNode;
}

export function Sheet({ open, onClose, title, about, children }: Props) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="sheet">
          <header>
            <div>
              <Dialog.Title>{title}</Dialog.Title>
              <Dialog.Description className="soft">{about}</Dialog.Description>
            </div>
            <IconButton icon={X} label="Close" onClick={onClose} />
          </header>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
