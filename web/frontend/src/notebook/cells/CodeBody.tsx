import type { EditorView } from "@codemirror/view";
import { useCallback, useEffect, useRef, type RefObject } from "react";
import type { Run } from "../runs/run";
import type { Actions } from "./actions";
import { Editor } from "./Editor";
import { useFound, type Finding } from "./finding";
import type { Language } from "./editing";
import { change, type Cell } from "./sheet";

export interface BodyProps {
  actions: Actions;
  finding: Finding;
  cell: Cell;
  index: number;
  // What Esc goes to.
  onLeave: () => void;
  // Where the cell says how its editor gets the focus.
  editorRef: RefObject<{ focus: () => void } | null>;
}

// `near`: the page is about to show it; 200 editors at once would hold the page up.
export function CodeBody({ run, near, onNear, ...props }: BodyProps & { run: Run | undefined; near: boolean; onNear: () => void }) {
  const { cell, index, editorRef, actions } = props;
  const wantedRef = useRef(false);
  useEffect(() => {
    if (!near) editorRef.current = { focus: () => ((wantedRef.current = true), onNear()) };
  }, [near, editorRef, onNear]);
  if (!near) return <pre className="editor before-editor" aria-label={`Code of cell ${index + 1}`}>{cell.code}</pre>;
  return (
    <TextEditor
      {...props} language="python" failingLine={run?.error?.line ?? null} wantedRef={wantedRef}
      run={() => actions.run(cell.id)} runAndAdvance={() => actions.runAndAdvance(cell.id)} runAndInsert={() => actions.runAndInsert(cell.id)}
    />
  );
}

interface TextProps extends BodyProps {
  language: Language;
  failingLine: number | null;
  // Whether it gets the focus as soon as it is there.
  wantedRef: RefObject<boolean>;
  run: () => void;
  runAndAdvance: () => void;
  runAndInsert: () => void;
}

export function TextEditor({ actions, finding, cell, index, onLeave, editorRef, wantedRef, ...rest }: TextProps) {
  const { notebook } = actions;
  const { store } = notebook;
  const found = useFound(finding, cell.id);
  const onView = useCallback((view: EditorView | null) => {
    editorRef.current = view && { focus: () => view.focus() };
    if (view && wantedRef.current) {
      wantedRef.current = false;
      view.focus();
    }
  }, [editorRef, wantedRef]);
  return (
    <Editor
      {...rest} kernel={notebook.place.kernel} flow={notebook.place.flow} code={cell.code} readOnly={!actions.mayEdit}
      label={`${rest.language === "python" ? "Code" : "Text"} of cell ${index + 1}`} onView={onView} onLeave={onLeave} found={found}
      onChange={(code) => store.update(change(store.current, cell.id, { code }), true)} focused={(on) => store.focused(cell.id, on)}
    />
  );
}
