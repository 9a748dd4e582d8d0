// While a cell runs again its output is as high as the one before: what stands below it stays in place.
import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

export function useKeptHeight(ended: boolean): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  // Called before the browser has laid out what is new: the height is that of the output before.
  useLayoutEffect(() => {
    const element = place.current;
    if (element) element.style.minHeight = ended || height.current === 0 ? "" : `${height.current}px`;
  }, [ended]);
  // The browser tells the height when it has laid out: to ask for it would lay out the whole page at once,
  // for every cell of a notebook that opens.
  useEffect(() => {
    if (!place.current) return;
    const observer = new ResizeObserver((seen) => {
      height.current = seen.at(-1)?.borderBoxSize[0]?.blockSize ?? height.current;
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return place;
}
