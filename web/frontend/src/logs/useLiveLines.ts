import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { kernelsQuery } from "../kernels/useKernels";
import { isUp } from "../kernels/states";
import type { LiveEvent } from "../live/events";
import { useLiveEvents, useTopics } from "../live/useLive";
import { canBeLive, matches, withEvent, withoutEnded, type LiveLine } from "./live";
import type { LogsSearch } from "./search";

const MOST_KERNELS = 20;

// Lines of cells that run now, on one's own and shared kernels; `recorded` takes away those that are in the ledger.
export function useLiveLines(search: LogsSearch): { lines: LiveLine[]; recorded: () => void } {
  const { data } = useQuery(kernelsQuery);
  const live = canBeLive(search);
  const topics = useMemo(() => {
    const up = (data?.items ?? []).filter(({ state }) => isUp(state));
    return live ? up.slice(0, MOST_KERNELS).map(({ uid }) => `kernel:${uid}`) : [];
  }, [data, live]);
  useTopics(topics);
  const [lines, setLines] = useState<LiveLine[]>([]);
  const ended = useRef(new Set<string>());
  useLiveEvents(
    useCallback((event: LiveEvent) => {
      if (event.type === "finished") ended.current.add(event.execution_id);
      else if (event.type === "log") setLines((before) => withEvent(before, event));
    }, []),
  );
  const recorded = useCallback(() => {
    const over = ended.current;
    ended.current = new Set();
    setLines((before) => withoutEnded(before, over));
  }, []);
  const shown = useMemo(() => (live ? lines.filter((one) => matches(one, search)) : []), [lines, live, search]);
  return { lines: shown, recorded };
}
