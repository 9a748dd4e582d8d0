import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { BodyProps } from "./CodeBody";
import { TextEditor } from "./CodeBody";
import { useFound } from "./finding";

const MarkdownView = lazy(async () => ({ default: (await import("./MarkdownView")).MarkdownView }));

// Text that is read, and written after a double click or Enter.
export function MarkdownBody(props: BodyProps) {
  const { actions, cell, editorRef, finding, onLeave } = props;
  const [writing, setWriting] = useState(cell.code.trim() === "");
  const wantedRef = useRef(false);
  const isFound = useFound(finding, cell.id).some((one) => one.current);
  useEffect(() => {
    if (!writing) editorRef.current = { focus: () => ((wantedRef.current = true), setWriting(true)) };
  }, [writing, editorRef]);
  const read = (then: () => void): void => {
    if (cell.code.trim() !== "") setWriting(false);
    then();
  };
  if (writing || isFound) {
    return (
      <TextEditor
        {...props} language="markdown" failingLine={null} wantedRef={wantedRef} onLeave={() => read(onLeave)}
        run={() => read(onLeave)} runAndAdvance={() => read(() => actions.runAndAdvance(cell.id))} runAndInsert={() => read(() => actions.runAndInsert(cell.id))}
      />
    );
  }
  return (
    <div className="markdown" onDoubleClick={() => actions.mayEdit && editorRef.current?.focus()}>
      <Suspense fallback={<pre className="before-editor">{cell.code}</pre>}>
        <MarkdownView text={cell.code} />
      </Suspense>
    </div>
  );
}
