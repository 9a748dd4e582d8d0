// What the palette offers for some words: things by name or id, and what can be done with them. Pure.
import type { LucideIcon } from "lucide-react";

export interface Command {
  id: string;
  words: string;
  // Shown behind it, and found by.
  about: string;
  icon?: LucideIcon;
  state?: string;
  // Found by this, too, such as a long id; not shown.
  also?: string;
  // A promise where the server does it.
  run: (go: (to: string) => void) => unknown;
}

const MOST = 40;

// All words have to be in it, in any order. What is called so comes before what only has it somewhere.
export function found(text: string, all: readonly Command[]): Command[] {
  const whole = text.trim().toLowerCase();
  const words = whole.split(/\s+/).filter(Boolean);
  const ranked: [number, Command][] = [];
  for (const one of all) {
    const rank = rankOf(one, whole, words);
    if (rank !== null) ranked.push([rank, one]);
  }
  return ranked.sort(([a], [b]) => a - b).slice(0, MOST).map(([, one]) => one);
}

function rankOf({ words: name, about, also = "" }: Command, whole: string, words: string[]): number | null {
  const lower = name.toLowerCase();
  const behind = about.toLowerCase();
  const hay = `${lower} ${behind} ${also.toLowerCase()}`;
  if (!words.every((word) => hay.includes(word))) return null;
  if (whole === "") return 0;
  if (lower === whole || behind === whole || also.toLowerCase() === whole) return 0;
  if (lower.startsWith(whole)) return 1;
  return lower.includes(whole) ? 2 : 3;
}
