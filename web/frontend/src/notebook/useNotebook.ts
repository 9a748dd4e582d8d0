import { useCallback, useEffect, useMemo } from "react";
import type { LiveEvent } from "../live/events";
import { useLiveEvents, useOpened } from "../live/useLive";
import { SheetStore } from "./cells/store";
import { Notebook } from "./notebook";
import { sheetName } from "./place";
import { bySheet } from "./recordings";
import { runs } from "./runs/runs";

// The cells of a kernel's own page.
export function useKernelNotebook(uid: string, flow: string | null): Notebook {
  const notebook = useMemo(() => {
    const store = new SheetStore(sheetName(uid, flow));
    return new Notebook({ kernel: uid, flow, node: null, hasText: true }, store, bySheet(uid, flow));
  }, [uid, flow]);
  useEffect(() => {
    const detach = notebook.store.attach();
    return () => {
      detach();
      runs.forget();
    };
  }, [notebook]);
  useFollowed(notebook);
  return notebook;
}

// Keeps what is shown true by the event stream.
export function useFollowed(notebook: Notebook): void {
  useLiveEvents(useCallback((event: LiveEvent) => notebook.take(event), [notebook]));
  const opened = useOpened();
  // What is recorded is shown at once; what happens from here on comes by the stream, which may open later.
  useEffect(() => {
    void notebook.sync();
  }, [notebook, opened]);
}
