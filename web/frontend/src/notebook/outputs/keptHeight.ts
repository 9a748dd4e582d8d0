// While a cell runs again its output is as high as the one before: what stands below it stays in place.
import { useLayoutEffect, useRef, type RefObject } from "react";

export function useKeptHeight(ended: boolean): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const before = useRef(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    element.style.minHeight = ended || before.current === 0 ? "" : `${before.current}px`;
    if (ended) before.current = element.offsetHeight;
  });
  return place;
}
