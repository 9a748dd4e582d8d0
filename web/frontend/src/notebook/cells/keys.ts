// The keys that run a cell, taken before the editor sees them. With every key, Shift by itself among them, the
// editor asks for a frame to measure itself in; and a browser that owes a frame after a key holds back all else,
// a cell's answer with it, until that frame is through. These keys change nothing that would have to be measured.
import { scheme, type Scheme } from "./scheme";

export interface RunKeys {
  run(): void;
  runAndAdvance(): void;
  runAndInsert?: () => void;
}

export type Key = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "isComposing">;

const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Meta", "Alt"]);

// What a key does; null: it is the editor's, as is what an input method has not finished.
export function meaning(key: Key, of: Scheme = "husk"): keyof RunKeys | "nothing" | null {
  if (key.isComposing) return null;
  if (MODIFIERS.has(key.key)) return "nothing";
  if (key.key !== "Enter") return null;
  const command = key.ctrlKey || key.metaKey;
  if (key.altKey) return of === "jupyter" && !command && !key.shiftKey ? "runAndInsert" : null;
  if (command === key.shiftKey) return null;
  return command === (of === "husk") ? "runAndAdvance" : "run";
}

// Returns what ends it.
export function takeKeys(editor: HTMLElement, keys: RunKeys): () => void {
  const pressed = (event: KeyboardEvent): void => {
    const means = meaning(event, scheme());
    if (means === null) return;
    event.stopPropagation();
    if (means === "nothing") return;
    event.preventDefault();
    keys[means]?.();
  };
  editor.addEventListener("keydown", pressed, true);
  return () => editor.removeEventListener("keydown", pressed, true);
}

export type Command =
  | "up" | "down" | "edit" | "above" | "below" | "delete" | "undo" | "redo" | "markdown" | "code" | "cut" | "copy" | "paste" | "moveUp" | "moveDown";

const EVERYWHERE: Record<string, Command> = { ArrowUp: "up", ArrowDown: "down", Enter: "edit" };
const JUPYTERS: Record<string, Command> = {
  a: "above", b: "below", z: "undo", Z: "redo", m: "markdown", y: "code", c: "copy", x: "cut", v: "paste", k: "up", j: "down",
};

// What a key does to a cell that is chosen and not written in; "first": of D, D.
export function commandOf(key: Key, of: Scheme, before: string): Command | "first" | null {
  if (key.isComposing) return null;
  if (key.ctrlKey || key.metaKey || key.altKey) return withModifier(key);
  if (key.shiftKey && key.key === "Enter") return null;
  const known = EVERYWHERE[key.key];
  if (known) return known;
  if (of === "husk") return key.key === "Delete" ? "delete" : null;
  if (key.key === "d") return before === "d" ? "delete" : "first";
  return JUPYTERS[key.key] ?? null;
}

function withModifier({ key, ctrlKey, metaKey, altKey, shiftKey }: Key): Command | null {
  if (!ctrlKey && !metaKey) return key === "ArrowUp" ? "moveUp" : key === "ArrowDown" ? "moveDown" : null;
  if (altKey || key.toLowerCase() !== "z") return null;
  return shiftKey ? "redo" : "undo";
}
