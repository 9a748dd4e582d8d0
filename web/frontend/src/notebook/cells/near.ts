import { useCallback, useEffect, useState, type RefObject } from "react";

// So many are drawn whole at once; the others when they come near.
const AT_ONCE = 12;
const MARGIN = "800px";

// Whether a cell is, or was, about to be seen; and a way to say that it is to be.
export function useNear(place: RefObject<HTMLElement | null>, index: number): [near: boolean, come: () => void] {
  const [near, setNear] = useState(index < AT_ONCE);
  useEffect(() => {
    if (near || !place.current) return;
    const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && setNear(true), { rootMargin: MARGIN });
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [near, place]);
  return [near, useCallback(() => setNear(true), [])];
}

const NO_HOVER = window.matchMedia("(hover: none)");

// Whether somebody is at it: the tools of a cell are not made before. Where nothing hovers they always stand there.
export function useTouched(): [touched: boolean, touch: () => void] {
  const [touched, setTouched] = useState(NO_HOVER.matches);
  return [touched, useCallback(() => setTouched(true), [])];
}
