import { useEffect, useRef } from "react";
import { following } from "./following";

// A card that is about to come into sight counts as seen.
const MARGIN = "200px";

// For the element that shows a kernel: what it does is followed while it can be seen.
export function useOnScreen(uid: string) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => (entry?.isIntersecting ? following.show(uid) : following.hide(uid)),
      { rootMargin: MARGIN },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      following.hide(uid);
    };
  }, [uid]);
  return place;
}
