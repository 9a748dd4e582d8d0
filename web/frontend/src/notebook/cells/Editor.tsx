import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { extensions, markLine, type Hooks } from "./editing";
import { takeKeys } from "./keys";

interface Props extends Omit<Hooks, "changed"> {
  code: string;
  readOnly: boolean;
  failingLine: number | null;
  onChange: (code: string) => void;
  onView: (view: EditorView | null) => void;
}

export function Editor(props: Props) {
  const { code, readOnly, failingLine, label, kernel, flow, onView } = props;
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
      changed: (text) => latest.current.onChange(text),
      run: () => latest.current.run(),
      runAndAdvance: () => latest.current.runAndAdvance(),
      focused: (on) => latest.current.focused(on),
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
  }, [kernel, flow, label, readOnly, onView]);
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== code) {
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: code } });
    }
  }, [code]);
  useEffect(() => view.current?.dispatch({ effects: markLine.of(failingLine) }), [failingLine]);
  return <div ref={place} className="editor" />;
}
