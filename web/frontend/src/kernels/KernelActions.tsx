import {
  CirclePause, Copy, Ellipsis, FileText, OctagonPause, Package, Pencil, Play, RotateCw, Trash2, Users, type LucideIcon,
} from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { cancel } from "../api/calls";
import { sentence } from "../api/client";
import type { Kernel } from "../api/types";
import { Button, IconButton } from "../parts/Button";
import { useRole } from "../app/queries";
import { isLeaving, isUp, owns } from "./states";
import { tell as tellKernel } from "./useKernels";

export type Opened = "edit" | "clone" | "share" | "delete" | "log" | "environment";

// Asks a kernel to do something; what it does then comes by the event stream.
export function useTell(kernel: Kernel) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const doing = async (what: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await what();
    } catch (failure) {
      setError(sentence(failure));
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    error,
    tell: (what: "start" | "stop" | "restart") => void doing(() => tellKernel(kernel, what)),
    interrupt: () => void doing(() => cancel(kernel.current_execution ?? "")),
  };
}

export function KernelButtons({ kernel, small = false }: { kernel: Kernel; small?: boolean }) {
  const { tell, interrupt, busy, error } = useTell(kernel);
  if (isLeaving(kernel)) return null;
  const waits = busy || kernel.state === "stopping";
  return (
    <>
      {kernel.current_execution !== null && (
        <Button icon={OctagonPause} small={small} disabled={waits} onClick={interrupt}>
          Interrupt
        </Button>
      )}
      {isUp(kernel.state) ? (
        <>
          {kernel.state !== "building" && (
            <Button icon={RotateCw} small={small} disabled={waits} onClick={() => tell("restart")}>
              Restart
            </Button>
          )}
          <Button icon={CirclePause} small={small} disabled={waits} onClick={() => tell("stop")}>
            Stop kernel
          </Button>
        </>
      ) : (
        kernel.state !== "error" && (
          <Button icon={Play} small={small} disabled={waits} busy={busy} onClick={() => tell("start")}>
            Start kernel
          </Button>
        )
      )}
      {error && (
        <span className="tone-red cut" role="alert" title={error}>
          {error}
        </span>
      )}
    </>
  );
}

export function KernelMenu({ kernel, onOpen }: { kernel: Kernel; onOpen: (what: Opened) => void }) {
  const makes = useRole() !== "viewer";
  const all: [Opened, string, LucideIcon, boolean][] = [
    ["edit", "Edit…", Pencil, owns(kernel)],
    ["share", "Share…", Users, owns(kernel)],
    ["clone", "Clone…", Copy, makes],
    ["environment", "Environment", Package, true],
    ["log", "Show its log", FileText, true],
  ];
  const items = all.filter(([, , , may]) => may);
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <IconButton icon={Ellipsis} label={`More about ${kernel.name}`} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {items.map(([what, words, Icon]) => (
            <DropdownMenu.Item key={what} onSelect={() => onOpen(what)}>
              <Icon className="icon" aria-hidden /> {words}
            </DropdownMenu.Item>
          ))}
          {owns(kernel) && (
            <>
              <div className="rule" />
              <DropdownMenu.Item className="danger" onSelect={() => onOpen("delete")}>
                <Trash2 className="icon" aria-hidden /> Delete…
              </DropdownMenu.Item>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
