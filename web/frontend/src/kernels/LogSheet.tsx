import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { kernelLog } from "../api/calls";
import type { Kernel } from "../api/types";
import { queryClient } from "../app/queries";
import type { LiveEvent } from "../live/events";
import { gathered } from "../live/gathered";
import { useLiveEvents, useTopics } from "../live/useLive";
import { Button } from "../parts/Button";
import { Copy } from "../parts/Copy";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";

// A kernel says something when it begins, ends, or has trouble; each of these has an event.
const TELLING: ReadonlySet<string> = new Set(["kernel", "ready", "runner_ended", "namespace_ended", "started", "finished"]);
const NEAR_PX = 24;

// Followed: what it says comes while one looks, and its end stays in sight for who looks at the end.
export function LogSheet({ kernel, onClose }: { kernel: Kernel; onClose: () => void }) {
  const key = useMemo(() => ["log", kernel.uid], [kernel.uid]);
  const { data, error, isFetching } = useQuery({ queryKey: key, queryFn: () => kernelLog(kernel.uid), gcTime: 0, staleTime: 0 });
  const again = useMemo(() => gathered(() => queryClient.invalidateQueries({ queryKey: key })), [key]);
  useTopics([`kernel:${kernel.uid}`]);
  useLiveEvents(
    useCallback(
      (event: LiveEvent) => {
        if ("kernel_id" in event && event.kernel_id === kernel.uid && TELLING.has(event.type)) again();
      },
      [again, kernel.uid],
    ),
  );
  return (
    <Sheet open onClose={onClose} title={`Log of ${kernel.name}`} about="What the kernel itself says, not its cells. The newest is at the end, and comes by itself.">
      <div className="content">
        <Failure error={error} />
        {data && (
          <>
            <div className="row">
              <Copy text={data.text} label="Copy all" />
              <Button small busy={isFetching} onClick={again}>
                Read it anew
              </Button>
            </div>
            <Tail text={data.text || "Nothing yet."} />
          </>
        )}
      </div>
    </Sheet>
  );
}

function Tail({ text }: { text: string }) {
  const place = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (follows.current && place.current) place.current.scrollTop = place.current.scrollHeight;
  }, [text]);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = (): void => {
      follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    };
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, []);
  return (
    <pre ref={place} className="log mono followed" tabIndex={0}>
      {text}
    </pre>
  );
}
