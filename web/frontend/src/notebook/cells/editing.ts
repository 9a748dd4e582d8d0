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
import type { RunKeys } from "./keys";

export interface Hooks extends RunKeys {
  kernel: string;
  flow: string | null;
  label: string;
  changed(code: string): void;
  focused(on: boolean): void;
}

export const markLine = StateEffect.define<number | null>();

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
    python(),
    syntaxHighlighting(classHighlighter),
    failing,
    helpExtensions({ kernel: hooks.kernel, flow: hooks.flow }),
    keymap.of([...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
    placeholder("Python"),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": hooks.label }),
    EditorState.readOnly.of(readOnly),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) hooks.changed(update.state.doc.toString());
      if (update.focusChanged) hooks.focused(update.view.hasFocus);
    }),
  ];
}
