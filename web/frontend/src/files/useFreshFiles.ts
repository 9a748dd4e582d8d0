import { useCallback, useEffect, useRef } from "react";
import { queryClient } from "../app/queries";
import { gathered } from "../live/gathered";
import type { LiveEvent } from "../live/events";
import { useLiveEvents, useOpened } from "../live/useLive";

const askAgain = gathered(() => queryClient.invalidateQueries({ queryKey: ["files"] }));

// A cell's end is told before what it wrote is in the list; that its kernel changed is told after it.
export function useFreshFiles(): void {
  useLiveEvents(useCallback((event: LiveEvent) => event.type === "kernel" && isSeen() && askAgain(), []));
  const opened = useOpened();
  const known = useRef(opened);
  useEffect(() => {
    if (opened !== known.current) askAgain();
    known.current = opened;
  }, [opened]);
}

// Who comes back to a page that was hidden asks anyway.
function isSeen(): boolean {
  return document.visibilityState === "visible";
}
