// The keys that run a cell, taken before the editor sees them. With every key, Shift by itself among them, the
// editor asks for a frame to measure itself in; and a browser that owes a frame after a key holds back all else,
// a cell's answer with it, until that frame is through. These keys change nothing that would have to be measured.

export interface RunKeys {
  run(): void;
  runAndAdvance(): void;
}

type Key = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "isComposing">;

const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Meta", "Alt"]);

// What a key does; null: it is the editor's, as is what an input method has not finished.
export function meaning(key: Key): keyof RunKeys | "nothing" | null {
  if (key.isComposing) return null;
  if (MODIFIERS.has(key.key)) return "nothing";
  if (key.key !== "Enter" || key.altKey) return null;
  const command = key.ctrlKey || key.metaKey;
  if (command === key.shiftKey) return null;
  return command ? "runAndAdvance" : "run";
}

// Returns what ends it.
export function takeKeys(editor: HTMLElement, keys: RunKeys): () => void {
  const pressed = (event: KeyboardEvent): void => {
    const means = meaning(event);
    if (means === null) return;
    event.stopPropagation();
    if (means === "nothing") return;
    event.preventDefault();
    keys[means]();
  };
  editor.addEventListener("keydown", pressed, true);
  return () => editor.removeEventListener("keydown", pressed, true);
}
