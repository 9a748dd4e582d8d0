import { useEffect, useRef, useState } from "react";
import { url } from "../../api/client";

const LOWEST = 24;
const HIGHEST = 2000;
const FIRST = 120;
// Padding and border of the frame itself.
const AROUND = 18;

// HTML of a cell is another world: its own origin, no cookies, no network, no way to this page. It may
// say how high it is, and nothing else.
export function HtmlOutput({ run, id, title }: { run: string; id: string; title: string }) {
  const path = `/executions/${encodeURIComponent(run)}/displays/${encodeURIComponent(id)}/raw`;
  return <SandboxedHtml src={url(path)} title={title || "HTML made by the cell"} />;
}

export function SandboxedHtml({ src, title }: { src: string; title: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(FIRST);
  useEffect(() => {
    const take = (event: MessageEvent<unknown>): void => {
      if (event.source !== frame.current?.contentWindow) return;
      const told = heightIn(event.data);
      if (told !== null) setHeight(told);
    };
    window.addEventListener("message", take);
    return () => window.removeEventListener("message", take);
  }, []);
  return (
    <iframe
      ref={frame} className="html" sandbox="allow-scripts" src={src} style={{ height: height + AROUND }} loading="lazy"
      title={title} referrerPolicy="no-referrer"
    />
  );
}

export function heightIn(data: unknown): number | null {
  if (typeof data !== "object" || data === null) return null;
  const { husk, h } = data as { husk?: unknown; h?: unknown };
  if (husk !== "height" || typeof h !== "number" || !Number.isFinite(h)) return null;
  return Math.min(HIGHEST, Math.max(LOWEST, Math.ceil(h)));
}
