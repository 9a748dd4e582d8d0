// A chart's options for uPlot, in the colours of the theme that is shown.
import uPlot from "uplot";

export interface Line {
  label: string;
  // A colour of the theme, by its name.
  color: string;
  values: readonly (number | null)[];
  // What is drawn where it is not the value: the top of a bar that stands on others.
  tops?: readonly (number | null)[];
  shape?: "line" | "area" | "bar" | "limit";
}

const HEIGHT = 160;
const AXIS = 52;
const MINUTE_S = 60;
// Of minutes alone: the labels tell no seconds.
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120].map((minutes) => minutes * MINUTE_S);
const FONT = '11px "Inter Variable", system-ui, sans-serif';

export interface Wanted { lines: readonly Line[]; width: number; format: (value: number) => string; onHover: (index: number | null) => void }

export function optionsOf({ lines, width, format, onHover }: Wanted): uPlot.Options {
  const color = themed();
  const bars = lines.some(({ shape }) => shape === "bar");
  const axis = { stroke: color("faint"), font: FONT, grid: { stroke: color("line"), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 30, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      // A bar stands on its whole minute, the last one's, too.
      x: { range: (_, first, last) => [first, last + (bars ? MINUTE_S : 0)] },
      y: { range: (_, __, most) => [0, Number.isFinite(most) && most > 0 ? most * 1.1 : 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map(hour), space: 64, size: 28, incrs: TICKS_S },
      { ...axis, size: AXIS, values: (_, ticks) => ticks.map(format), space: 32 },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, color))],
    hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? null)] },
  };
}

// Bars that stand on others come first, the whole heap before its lower parts.
export function dataOf(at: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  return [[...at], ...lines.map((line) => [...(line.tops ?? line.values)])] as uPlot.AlignedData;
}

export function sized(plot: uPlot, width: number): void {
  plot.setSize({ width, height: HEIGHT });
}

function seriesOf({ label, color: name, shape = "line" }: Line, color: (name: string) => string): uPlot.Series {
  const stroke = color(name);
  const base = { label, stroke, width: 1.5, points: { show: false } };
  const bars = uPlot.paths.bars?.({ size: [0.8, 24], align: 1 });
  if (shape === "bar" && bars) return { ...base, width: 0, fill: stroke, paths: bars };
  if (shape === "area") return { ...base, fill: `color-mix(in srgb, ${stroke} 18%, transparent)` };
  if (shape === "limit") return { ...base, dash: [4, 4], width: 1 };
  // A value that stands alone between two gaps is a point, or it would not be seen.
  return { ...base, points: { show: true, size: 4, fill: stroke } };
}

function themed(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
export function hour(at: number): string {
  return clock.format(at * 1000);
}
