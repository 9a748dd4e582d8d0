import { useCallback, useEffect, useMemo } from "react";
import type { LiveEvent } from "../live/events";
import { useLiveEvents, useOpened } from "../live/useLive";
import { Notebook } from "./notebook";
import { runs } from "./runs/runs";

export function useNotebook(uid: string, flow: string | null): Notebook {
  const notebook = useMemo(() => new Notebook(uid, flow), [uid, flow]);
  useEffect(() => {
    const detach = notebook.store.attach();
    return () => {
      detach();
      runs.forget();
    };
  }, [notebook]);
  useLiveEvents(useCallback((event: LiveEvent) => notebook.take(event), [notebook]));
  const opened = useOpened();
  // What is recorded is shown at once; what happens from here on comes by the stream, which may open later.
  useEffect(() => {
    void notebook.sync();
  }, [notebook, opened]);
  return notebook;
}
