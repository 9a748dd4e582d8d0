import Anser from "anser";
import { memo } from "react";
import type { Line } from "../runs/text";

const ESCAPE = "\u001b";
// A line of a megabyte would be laid out as one.
const LONGEST = 20_000;

export const AnsiLine = memo(function AnsiLine({ line }: { line: Line }) {
  const text = line.text.length > LONGEST ? `${line.text.slice(0, LONGEST)} …` : line.text;
  return <span className={line.error ? "line err" : "line"}>{text.includes(ESCAPE) ? <Spans text={text} /> : text}{"\n"}</span>;
}, sameLine);

function sameLine(a: { line: Line }, b: { line: Line }): boolean {
  return a.line.text === b.line.text && a.line.error === b.line.error;
}

function Spans({ text }: { text: string }) {
  const parts = Anser.ansiToJson(text, { json: true, remove_empty: true, use_classes: true });
  return parts.map((part, index) => (
    <span key={index} className={classOf(part)} style={colours(part)}>
      {part.content}
    </span>
  ));
}

type Part = ReturnType<typeof Anser.ansiToJson>[number];

function classOf(part: Part): string {
  const names = part.decorations.map((one) => `ansi-${one}`);
  if (part.fg && !part.fg_truecolor) names.push(part.fg);
  if (part.bg && !part.bg_truecolor) names.push(`${part.bg}-bg`);
  return names.join(" ");
}

function colours(part: Part): React.CSSProperties | undefined {
  const fg = part.fg_truecolor || palette(part.fg);
  const bg = part.bg_truecolor || palette(part.bg);
  if (!fg && !bg) return undefined;
  return { ...(fg && { color: bg ? `rgb(${fg})` : readable(fg) }), ...(bg && { background: `rgb(${bg})` }) };
}

// Programs choose for a ground of their own; on ours half of the text's colour makes it one that can be read.
const readable = (rgb: string): string => `color-mix(in oklab, rgb(${rgb}) 50%, var(--text))`;

const STEPS = [0, 95, 135, 175, 215, 255];

// The 256-colour palette: a cube of 6³ from 16 on, greys from 232 on.
export function palette(name: string | null): string | null {
  const number = Number(/^ansi-palette-(\d+)$/.exec(name ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(number)) return null;
  if (number >= 232) return Array(3).fill(8 + (number - 232) * 10).join(", ");
  const at = number - 16;
  return [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((step) => STEPS[step] ?? 0).join(", ");
}
