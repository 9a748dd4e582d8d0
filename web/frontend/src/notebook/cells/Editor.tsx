import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { extensions, markFound, markLine, type Hooks, type Language } from "./editing";
import type { Found } from "./finding";
import { takeKeys } from "./keys";

interface Props extends Omit<Hooks, "changed" | "leave" | "language"> {
  code: string;
  readOnly: boolean;
  failingLine: number | null;
  language?: Language;
  found?: readonly Found[];
  onChange: (code: string) => void;
  onLeave?: () => void;
  onView: (view: EditorView | null) => void;
}

const NONE: readonly Found[] = [];

export function Editor(props: Props) {
  const { code, readOnly, failingLine, label, kernel, flow, onView, language = "python", found = NONE } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  // The editor outlives renders; it always calls what is current.
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const hooks: Hooks = {
      kernel,
      flow,
      label,
      language,
      changed: (text) => latest.current.onChange(text),
      run: () => latest.current.run(),
      runAndAdvance: () => latest.current.runAndAdvance(),
      runAndInsert: () => latest.current.runAndInsert?.(),
      focused: (on) => latest.current.focused(on),
      leave: () => latest.current.onLeave?.(),
    };
    const state = EditorState.create({ doc: latest.current.code, extensions: extensions(hooks, readOnly) });
    const made = new EditorView({ state, ...(place.current && { parent: place.current }) });
    const release = takeKeys(made.dom, hooks);
    view.current = made;
    onView(made);
    return () => {
      onView(null);
      release();
      made.destroy();
    };
  }, [kernel, flow, label, language, readOnly, onView]);
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== code) {
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: code } });
    }
  }, [code]);
  useEffect(() => view.current?.dispatch({ effects: markLine.of(failingLine) }), [failingLine]);
  useEffect(() => showFound(view.current, found), [found]);
  return <div ref={place} className="editor" />;
}

function showFound(view: EditorView | null, found: readonly Found[]): void {
  const current = found.find((one) => one.current);
  const inside = view !== null && current !== undefined && current.to <= view.state.doc.length;
  view?.dispatch({ effects: [markFound.of(found), ...(inside ? [EditorView.scrollIntoView(current.from, { y: "nearest" })] : [])] });
}
