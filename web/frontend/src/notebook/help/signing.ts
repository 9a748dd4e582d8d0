// The signature of the call whose arguments one writes, above it.
import { StateEffect, StateField, type Extension } from "@codemirror/state";
import { EditorView, showTooltip, ViewPlugin, type Tooltip, type ViewUpdate } from "@codemirror/view";
import type { CallSignature } from "../../api/help";
import { signatureCard } from "./card";
import type { Helper } from "./helper";

const GATHER_MS = 60;

const show = StateEffect.define<Tooltip | null>();

const shown = StateField.define<Tooltip | null>({
  create: () => null,
  update(value, change) {
    for (const effect of change.effects) if (effect.is(show)) return effect.value;
    return value && change.docChanged ? { ...value, pos: change.changes.mapPos(value.pos) } : value;
  },
  provide: (field) => showTooltip.from(field),
});

export interface Signatures { extension: Extension; ask(view: EditorView): void; hide(view: EditorView): boolean }

export function signatures(helper: Helper): Signatures {
  const plugin = ViewPlugin.define((view) => new Asking(view, helper));
  return {
    extension: [shown, plugin, EditorView.domEventHandlers({ blur: (_event, view) => (hide(view), false) })],
    ask: (view) => view.plugin(plugin)?.soon(0),
    hide,
  };
}

function hide(view: EditorView): boolean {
  if (view.state.field(shown) === null) return false;
  view.dispatch({ effects: show.of(null) });
  return true;
}

class Asking {
  private timer: ReturnType<typeof setTimeout> | undefined;
  // Answers to older questions do not count.
  private number = 0;

  constructor(private readonly view: EditorView, private readonly helper: Helper) {}

  update(update: ViewUpdate): void {
    if (!update.docChanged && !update.selectionSet) return;
    const isShown = update.state.field(shown) !== null;
    if (isShown || opens(update)) this.soon(GATHER_MS);
  }

  soon(afterMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), afterMs);
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.number = -1;
  }

  private async ask(): Promise<void> {
    const number = ++this.number;
    const { state } = this.view;
    const { main } = state.selection;
    const found = main.empty ? await this.helper.signature(this.helper.at(state, main.head)) : null;
    if (number !== this.number || !this.view.hasFocus) return;
    const tooltip = found?.found ? tooltipOf(found, this.view.state.selection.main.head) : null;
    if (tooltip !== null || this.view.state.field(shown) !== null) this.view.dispatch({ effects: show.of(tooltip) });
  }
}

// An argument begins.
function opens(update: ViewUpdate): boolean {
  if (!update.docChanged || !update.transactions.some((one) => one.isUserEvent("input.type"))) return false;
  const at = update.state.selection.main.head;
  return /[(,]\s?$/.test(update.state.sliceDoc(Math.max(0, at - 2), at));
}

function tooltipOf(found: CallSignature, pos: number): Tooltip {
  return { pos, above: true, strictSide: true, create: () => ({ dom: signatureCard(found) }) };
}
