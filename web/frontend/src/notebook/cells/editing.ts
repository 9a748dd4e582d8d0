// CodeMirror as the cells use it: Python, the kernel's own completions, styles from our tokens.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, keymap, placeholder, type DecorationSet } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { nonce } from "../../app/nonce";
import { helpExtensions } from "../help/extensions";
import type { Found } from "./finding";
import type { RunKeys } from "./keys";

export type Language = "python" | "markdown";

export interface Hooks extends RunKeys {
  // Whose help is asked for; null: there is none.
  kernel: string | null;
  flow: string | null;
  label: string;
  language: Language;
  changed(code: string): void;
  focused(on: boolean): void;
  // Esc, where nothing in the editor is to be closed by it.
  leave(): void;
}

export const markLine = StateEffect.define<number | null>();
export const markFound = StateEffect.define<readonly Found[]>();

const found = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, change) {
    let next = marks.map(change.changes);
    for (const effect of change.effects) {
      if (effect.is(markFound)) next = marksAt(change.state, effect.value);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksAt(state: EditorState, all: readonly Found[]): DecorationSet {
  const inside = all.filter((one) => one.from < one.to && one.to <= state.doc.length);
  return Decoration.set(inside.map((one) => Decoration.mark({ class: one.current ? "find-hit current" : "find-hit" }).range(one.from, one.to)));
}

const failing = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(lines, change) {
    let next = change.docChanged ? Decoration.none : lines;
    for (const effect of change.effects) {
      if (effect.is(markLine)) next = lineAt(change.state, effect.value);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function lineAt(state: EditorState, line: number | null): DecorationSet {
  if (line === null || line < 1 || line > state.doc.lines) return Decoration.none;
  return Decoration.set([Decoration.line({ class: "failing-line" }).range(state.doc.line(line).from)]);
}

export function extensions(hooks: Hooks, readOnly: boolean): Extension {
  return [
    EditorView.cspNonce.of(nonce),
    history(),
    // The browser draws caret and selection: the editor's own caret is an animation without an end, which
    // asks for a frame with every key and keeps frames coming on a page at rest.
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    indentUnit.of("    "),
    hooks.language === "python" ? pythons(hooks) : [],
    found,
    keymap.of([
      ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab, { key: "Escape", run: () => (hooks.leave(), true) },
    ]),
    placeholder(hooks.language === "python" ? "Python" : "Text, in Markdown"),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": hooks.label }),
    EditorState.readOnly.of(readOnly),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) hooks.changed(update.state.doc.toString());
      if (update.focusChanged) hooks.focused(update.view.hasFocus);
    }),
  ];
}

function pythons(hooks: Hooks): Extension {
  return [
    python(), syntaxHighlighting(classHighlighter), failing, helpExtensions({ kernel: hooks.kernel, flow: hooks.flow }),
  ];
}
