import { useCallback, useEffect, useMemo, useState } from "react";
import { documentOf, type Flow, type FlowDocument } from "../../api/flows";
import { begin, change, redo, undo, type History } from "./history";

export type Change = (flow: FlowDocument | ((flow: FlowDocument) => FlowDocument), key?: string) => void;

export interface Draft {
  draft: FlowDocument;
  dirty: boolean;
  set: Change;
  undo: (() => void) | null;
  redo: (() => void) | null;
}

// What is being changed, and the way back.
export function useDraft(flow: Flow): Draft {
  const [history, setHistory] = useState<History<FlowDocument>>(() => begin(documentOf(flow)));
  const set: Change = useCallback(
    (next, key) => setHistory((old) => change(old, typeof next === "function" ? next(old.present) : next, key ?? null)), [],
  );
  useUndoKeys(setHistory);
  const { past, present, future } = history;
  return useMemo(() => ({
    draft: present, dirty: past.length > 0 && present !== past[0], set,
    undo: past.length > 0 ? () => setHistory(undo) : null, redo: future.length > 0 ? () => setHistory(redo) : null,
  }), [past, present, future, set]);
}

export const isWriting = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("input, textarea, select, .cm-editor, [role=dialog]") !== null;

function useUndoKeys(setHistory: (next: (old: History<FlowDocument>) => History<FlowDocument>) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.metaKey || event.ctrlKey) || event.altKey || isWriting(event.target)) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      setHistory(event.shiftKey || key === "y" ? redo : undo);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [setHistory]);
}
