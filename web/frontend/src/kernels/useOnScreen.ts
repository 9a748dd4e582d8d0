import { useEffect, useRef } from "react";
import { following } from "./following";
import { memory } from "./memory";

// A card that is about to come into sight counts as seen.
const MARGIN = "200px";

// For the element that shows a kernel: what it does is followed while it can be seen.
export function useOnScreen(uid: string) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        const seen = entry?.isIntersecting === true;
        if (seen) following.show(uid);
        else following.hide(uid);
        memory.quiet(uid, !seen);
      },
      { rootMargin: MARGIN },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      following.hide(uid);
      memory.quiet(uid, false);
    };
  }, [uid]);
  return place;
}
