import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useReturnFocus } from "../../parts/returnFocus";
import { lookOf } from "../../parts/StateChip";
import { tellFailure } from "../failures";
import { found as findIn, type Command } from "./commands";
import { places } from "./places";
import { thingsOf } from "./things";
import { useKnown } from "./useKnown";

const ASKS = "Find anything, or do something";

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
  const navigate = useNavigate();
  const returnFocus = useReturnFocus();
  const { known, waits } = useKnown(text);
  const found = findIn(text, [...thingsOf(known), ...places(known.role)]);
  const chosen = Math.min(at, Math.max(0, found.length - 1));
  const run = (command: Command | undefined): void => {
    if (!command) return;
    onClose();
    void started(command, (to) => void navigate({ href: to }));
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((chosen + step + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      // Or the same press would answer what opens next, such as a form.
      event.preventDefault();
      run(found[chosen]);
    }
  };
  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog palette" aria-describedby={undefined} onCloseAutoFocus={returnFocus}>
          <Dialog.Title className="hidden-text">Search</Dialog.Title>
          <input
            value={text} onChange={(event) => (setText(event.target.value), setAt(0))} onKeyDown={press}
            placeholder={ASKS} aria-label={ASKS} role="combobox" aria-expanded aria-controls="found"
            aria-activedescendant={`found-${chosen}`} autoComplete="off" spellCheck={false}
          />
          <p className="none" role="status">
            {found.length > 0 ? "" : waits ? "Looking…" : "Nothing has this name or id."}
          </p>
          <ul id="found" role="listbox" aria-label="Found">
            {found.map((command, index) => (
              <Found key={command.id} {...{ command, index }} chosen={index === chosen} onRun={() => run(command)} />
            ))}
          </ul>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

// Nobody looks at the palette any more when it fails.
async function started(command: Command, go: (to: string) => void): Promise<void> {
  try {
    await command.run(go);
  } catch (error) {
    tellFailure(command.words, error);
  }
}

interface FoundProps { command: Command; index: number; chosen: boolean; onRun: () => void }
function Found({ command, index, chosen, onRun }: FoundProps) {
  const Icon = command.icon ?? lookOf(command.state ?? "ready").icon;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <li ref={row} role="option" id={`found-${index}`} aria-selected={chosen} onClick={onRun}>
      <Icon className="icon" aria-hidden />
      <span className="grow cut">{command.words}</span>
      <span className="faint mono cut about">{command.about}</span>
    </li>
  );
}
