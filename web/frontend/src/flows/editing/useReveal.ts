import { useReactFlow } from "@xyflow/react";
import { useEffect, useRef } from "react";
import { HEIGHT, WIDTH, type Place } from "../layout";
import type { Picked } from "./picked";

const SOON_MS = 60;

// A node that was chosen elsewhere, or was just made, is brought into sight.
export function useReveal({ nodes }: Picked, places: ReadonlyMap<string, Place>, place: { current: HTMLDivElement | null }): void {
  const { flowToScreenPosition, setCenter, getZoom } = useReactFlow();
  const only = nodes.length === 1 ? nodes[0] : undefined;
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    const at = only === undefined || only === shown.current ? undefined : places.get(only);
    shown.current = only;
    if (!at) return;
    const [x, y] = [at.x + WIDTH / 2, at.y + HEIGHT / 2];
    const reveal = (): void => {
      const box = place.current?.getBoundingClientRect();
      const seen = flowToScreenPosition({ x, y });
      if (box && !(seen.x > box.left && seen.x < box.right && seen.y > box.top && seen.y < box.bottom)) void setCenter(x, y, { zoom: getZoom() });
    };
    // After what is drawn now, which may be the first fit.
    setTimeout(reveal, SOON_MS);
  }, [places, only, place, flowToScreenPosition, setCenter, getZoom]);
}
