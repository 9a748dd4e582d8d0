// Which of many equally high rows are in sight.
import { useState, type UIEvent } from "react";

export interface Span { from: number; to: number; above: number; below: number }

const SPARE = 12;
// Browsers do not lay out elements that are much higher.
const HIGHEST = 8_000_000;

export function span(count: number, rowHeight: number, top: number, height: number): Span {
  const total = Math.min(HIGHEST, count * rowHeight);
  const visible = height / rowHeight;
  // How far it is scrolled says which row is first, also where the whole would be too high to lay out.
  const part = Math.min(1, Math.max(0, top / Math.max(1, total - height)));
  const first = Math.floor(part * Math.max(0, count - visible));
  const from = Math.max(0, first - SPARE);
  const to = Math.min(count, first + Math.ceil(visible) + SPARE);
  const rows = (to - from) * rowHeight;
  const above = Math.min(Math.max(0, top - (first - from) * rowHeight - (part * Math.max(0, count - visible) - first) * rowHeight), total - rows);
  return { from, to, above: from === 0 ? 0 : Math.max(0, above), below: to === count ? 0 : Math.max(0, total - above - rows) };
}

export function useWindow(count: number, rowHeight: number, height: number) {
  const [top, setTop] = useState(0);
  const onScroll = (event: UIEvent<HTMLElement>): void => setTop(event.currentTarget.scrollTop);
  return { ...span(count, rowHeight, top, height), onScroll };
}
