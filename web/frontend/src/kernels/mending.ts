// What mends a kernel that is in error, besides to start it again. Pure.
import type { Kernel } from "../api/types";
import type { Opened } from "./KernelActions";

export interface Mend { words: string; opens: Opened }

const MENDS: [RegExp, Mend][] = [
  [/out of memory/i, { words: "Give it more memory", opens: "edit" }],
  [/environment|package|could not be built/i, { words: "Look at its packages", opens: "environment" }],
];
const LOG: Mend = { words: "Show its log", opens: "log" };

export function mendOf({ error }: Pick<Kernel, "error">): Mend {
  return MENDS.find(([pattern]) => pattern.test(error ?? ""))?.[1] ?? LOG;
}

// A command that the error names, as code is in Markdown.
export function commandIn(text: string): string | null {
  return /`([^`]+)`/.exec(text)?.[1] ?? null;
}
