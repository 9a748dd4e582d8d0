import type { EditorView } from "@codemirror/view";
import { memo, useCallback } from "react";
import { lookOf } from "../../parts/StateChip";
import { Outputs } from "../outputs/Outputs";
import type { Notebook } from "../notebook";
import { useRun } from "../runs/runs";
import { CellToolbar } from "./CellToolbar";
import { Editor } from "./Editor";
import { KillOffer } from "./KillOffer";
import { Ending, Margin } from "./Margin";
import { NotSent } from "./NotSent";
import { useSend } from "./sends";
import { change, type Cell } from "./sheet";

interface Props {
  notebook: Notebook;
  cell: Cell;
  index: number;
  readOnly: boolean;
  onAdvance: (id: string) => void;
  onFocusCell: (id: string) => void;
  register: (id: string, view: EditorView | null) => void;
}

export const CellView = memo(function CellView(props: Props) {
  const { notebook, cell, index, readOnly, onAdvance, onFocusCell, register } = props;
  const run = useRun(cell.run);
  const send = useSend(notebook.sends, cell.id);
  const { store } = notebook;
  const sending = send !== undefined && send.error === null;
  const state = sending ? "sending" : run?.status;
  const onView = useCallback((view: EditorView | null) => register(cell.id, view), [register, cell.id]);
  return (
    <section
      className={`cell ${state ?? "fresh"} ${cell.stale ? "stale" : ""}`}
      aria-label={`Cell ${index + 1}${state ? `, ${lookOf(state).word.toLowerCase()}` : ""}`}
    >
      <Margin run={run} sending={sending} />
      <div className="cell-body">
        <Editor
          kernel={notebook.uid} flow={notebook.flow} label={`Code of cell ${index + 1}`} code={cell.code} readOnly={readOnly}
          failingLine={run?.error?.line ?? null} onView={onView}
          onChange={(code) => store.update(change(store.current, cell.id, { code }), true)}
          run={() => readOnly || void notebook.run(cell.id)}
          runAndAdvance={() => {
            if (!readOnly) void notebook.run(cell.id);
            onAdvance(cell.id);
          }}
          focused={(on) => (store.typing = on ? cell.id : store.typing === cell.id ? null : store.typing)}
        />
        {!readOnly && <CellToolbar {...{ notebook, cell, run, onFocusCell }} />}
        {send?.error != null && <NotSent notebook={notebook} cell={cell.id} error={send.error} />}
        {run && (
          <div className="outputs" aria-live={run.ended ? "off" : "polite"} aria-busy={!run.ended}>
            <Outputs run={run} version={run.version} />
            <Ending run={run} stale={cell.stale} />
            <KillOffer run={run} onKill={() => notebook.cancel(run.id, true)} />
          </div>
        )}
      </div>
    </section>
  );
});
