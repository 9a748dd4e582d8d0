// Lists of one's own that change elsewhere: the event stream says that they did, and they are asked for again.
import { useCallback, useEffect, useRef } from "react";
import { queryClient } from "../app/queries";
import type { LiveEvent, ListName } from "./events";
import { gathered } from "./gathered";
import { useLiveEvents, useOpened, useTopics } from "./useLive";

const TOPICS = ["lists"];

// `list` is what changes, and how the keys of the queries about it begin. A hidden page asks when it is seen again.
export function useFreshList(list: ListName, ask?: () => Promise<unknown>): void {
  useTopics(TOPICS);
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    again.current = gathered(() => latest.current?.() ?? queryClient.invalidateQueries({ queryKey: [list] }));
  }, [list]);
  const stale = useRef(false);
  const note = useCallback(() => {
    if (document.visibilityState === "visible") again.current();
    else stale.current = true;
  }, []);
  useLiveEvents(useCallback((event: LiveEvent) => event.type === "changed" && event.list === list && note(), [list, note]));
  useEffect(() => {
    const seen = (): void => {
      if (document.visibilityState !== "visible" || !stale.current) return;
      stale.current = false;
      again.current();
    };
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);
  // What came while the stream was away was told to nobody.
  const opened = useOpened();
  const known = useRef(opened);
  useEffect(() => {
    if (opened !== known.current) note();
    known.current = opened;
  }, [opened, note]);
}
