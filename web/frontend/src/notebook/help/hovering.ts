// What a name is, under the pointer, and by a key under the cursor.
import { syntaxTree } from "@codemirror/language";
import type { EditorState, Extension } from "@codemirror/state";
import { activateHover, hoverTooltip, type EditorView, type Tooltip } from "@codemirror/view";
import { inspectionCard } from "./card";
import type { Helper } from "./helper";

const HOVER_MS = 400;
const NO_CODE = /String|Comment/;

export interface Hover { extension: Extension; showAt(view: EditorView, at: number): void }

export function hover(helper: Helper): Hover {
  const extension = hoverTooltip(async (view, at): Promise<Tooltip | null> => {
    const word = wordAt(view.state, at);
    if (word === null) return null;
    const found = await helper.inspect(helper.at(view.state, word.to));
    if (!found?.found) return null;
    return { pos: word.from, end: word.to, above: true, create: () => ({ dom: inspectionCard(found) }) };
  }, { hoverTime: HOVER_MS, hideOnChange: true });
  const showAt = (view: EditorView, at: number): void =>
    activateHover(view, at, -1, { tooltip: extension, until: (change) => change.docChanged || change.selection !== undefined });
  return { extension, showAt };
}

function wordAt(state: EditorState, at: number): { from: number; to: number } | null {
  const word = state.wordAt(at);
  if (word === null || /^\d/.test(state.sliceDoc(word.from, word.to))) return null;
  return NO_CODE.test(syntaxTree(state).resolveInner(word.to, -1).name) ? null : word;
}
