import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { figures, type Figures } from "../api/figures";
import { queryClient } from "../app/queries";
import type { LiveEvent } from "../live/events";
import { useLiveEvents, useOpened, useTopics } from "../live/useLive";
import { merged } from "./figures";

const KEY = ["figures"];
const TOPICS = ["system"];

// Asked once; the event stream tells what is new, and after a break all is asked again.
export function useFigures() {
  useTopics(TOPICS);
  useLiveEvents(useCallback((event: LiveEvent) => {
    if (event.type !== "system") return;
    queryClient.setQueryData<Figures>(KEY, (before) => before && merged(before, event.figures));
  }, []));
  const opened = useOpened();
  useEffect(() => {
    if (opened > 1) void queryClient.invalidateQueries({ queryKey: KEY });
  }, [opened]);
  return useQuery({ queryKey: KEY, queryFn: figures, staleTime: 0 });
}
