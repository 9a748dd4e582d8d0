// Which of many equally high rows are in sight.
import { useState, type UIEvent } from "react";

export interface Span { from: number; to: number; above: number; below: number }

const SPARE = 12;
// Browsers do not lay out elements that are much higher.
const HIGHEST = 8_000_000;

export function span(count: number, rowHeight: number, top: number, height: number): Span {
  const scale = Math.max(1, (count * rowHeight) / HIGHEST);
  const first = Math.floor((top * scale) / rowHeight);
  const from = Math.max(0, Math.min(first, count - Math.floor(height / rowHeight)) - SPARE);
  const to = Math.min(count, first + Math.ceil(height / rowHeight) + SPARE);
  const total = Math.min(HIGHEST, count * rowHeight);
  const above = Math.min((from * rowHeight) / scale, total - (to - from) * rowHeight);
  return { from, to, above: Math.max(0, above), below: Math.max(0, total - Math.max(0, above) - (to - from) * rowHeight) };
}

export function useWindow(count: number, rowHeight: number, height: number) {
  const [top, setTop] = useState(0);
  const onScroll = (event: UIEvent<HTMLElement>): void => setTop(event.currentTarget.scrollTop);
  return { ...span(count, rowHeight, top, height), onScroll };
}
