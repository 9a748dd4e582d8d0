// What the editor of a cell knows of the kernel: completion, hover and signatures from its live objects.
import { acceptCompletion, autocompletion, closeCompletion, completionStatus, selectedCompletion } from "@codemirror/autocomplete";
import { Prec, type Extension } from "@codemirror/state";
import { closeHoverTooltips, hasHoverTooltips, keymap, tooltips, type EditorView } from "@codemirror/view";
import "../../styles/help.css";
import { completionSource } from "./completing";
import { Helper, type HelpOf } from "./helper";
import { hover } from "./hovering";
import { signatures } from "./signing";

export type { HelpOf } from "./helper";

export function helpExtensions(of: HelpOf): Extension[] {
  const helper = new Helper(of);
  const hovered = hover(helper);
  const calls = signatures(helper);
  const explain = (view: EditorView): boolean => {
    const { head } = view.state.selection.main;
    if (view.state.wordAt(head)) hovered.showAt(view, head);
    else calls.ask(view);
    return true;
  };
  const close = (view: EditorView): boolean => {
    const hadHover = hasHoverTooltips(view.state);
    if (hadHover) view.dispatch({ effects: closeHoverTooltips });
    return calls.hide(view) || hadHover;
  };
  return [
    // Before the list's own keys.
    Prec.highest(keymap.of([
      { key: "Enter", run: (view) => (isWritten(view) && closeCompletion(view), false) },
      // A list that is only asked for is nothing that one sees to be closed.
      { key: "Escape", run: (view) => (completionStatus(view.state) === "pending" && closeCompletion(view), false) },
    ])),
    // Not in the cell, which would cut them off, and not outside of the page's main part.
    tooltips({ parent: document.getElementById("work") ?? document.body }),
    autocompletion({ override: [completionSource(helper)], icons: false }),
    hovered.extension,
    calls.extension,
    Prec.high(keymap.of([
      { key: "Tab", run: acceptCompletion },
      { key: "Mod-Shift-Space", run: explain },
      { key: "Escape", run: close },
    ])),
  ];
}

// The chosen completion stands there already: Enter goes to the next line, as without a list.
function isWritten(view: EditorView): boolean {
  const chosen = completionStatus(view.state) === "active" ? selectedCompletion(view.state) : null;
  if (!chosen) return false;
  const { head } = view.state.selection.main;
  const before = view.state.sliceDoc(Math.max(0, head - chosen.label.length - 1), head);
  return before.endsWith(chosen.label) && !/\w/.test(before.slice(0, -chosen.label.length));
}
