import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useMemo, useState, type KeyboardEvent } from "react";
import { kernelsQuery } from "../kernels/useKernels";
import { useReturnFocus } from "../parts/returnFocus";
import { lookOf } from "../parts/StateChip";
import { openRunsQuery } from "../runs/liveRuns";
import { flowsQuery } from "../runs/RunFilters";
import { useRole } from "./queries";
import { findCommands, type Command } from "./commands";

export function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey) return;
      event.preventDefault();
      open();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const { data } = useQuery(kernelsQuery);
  const navigate = useNavigate();
  const returnFocus = useReturnFocus();
  const flows = useQuery(flowsQuery);
  const runs = useQuery(openRunsQuery);
  const role = useRole();
  const found = useMemo(
    () => findCommands(text, { kernels: data?.items ?? [], flows: flows.data?.items ?? [], runs: runs.data ?? [], role }),
    [text, data, flows.data, runs.data, role],
  );
  const run = (command: Command | undefined): void => {
    if (!command) return;
    onClose();
    command.run((to) => void navigate({ href: to }));
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((at + step + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") run(found[at]);
  };
  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog palette" aria-describedby={undefined} onCloseAutoFocus={returnFocus}>
          <Dialog.Title className="hidden-text">Search</Dialog.Title>
          <input
            value={text} onChange={(event) => (setText(event.target.value), setAt(0))} onKeyDown={press}
            placeholder="Find a kernel, a flow or a run, or do something" aria-label="Find a kernel, a flow or a run, or do something"
            role="combobox" aria-expanded aria-controls="found" aria-activedescendant={`found-${at}`}
          />
          {found.length === 0 && <p className="none">Nothing has this name or id.</p>}
          <ul id="found" role="listbox" aria-label="Found">
            {found.map((command, index) => (
              <Found key={command.id} {...{ command, index }} chosen={index === at} onRun={() => run(command)} />
            ))}
          </ul>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface FoundProps { command: Command; index: number; chosen: boolean; onRun: () => void }
function Found({ command, index, chosen, onRun }: FoundProps) {
  const Icon = command.icon ?? lookOf(command.state ?? "ready").icon;
  return (
    <li role="option" id={`found-${index}`} aria-selected={chosen} onClick={onRun}>
      <Icon className="icon" aria-hidden />
      <span className="grow cut">{command.words}</span>
      <span className="faint mono">{command.about}</span>
    </li>
  );
}
