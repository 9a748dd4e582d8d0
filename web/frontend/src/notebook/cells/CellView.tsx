import type { EditorView } from "@codemirror/view";
import { memo, useCallback } from "react";
import { lookOf } from "../../parts/StateChip";
import { Outputs } from "../outputs/Outputs";
import type { Notebook } from "../notebook";
import type { Run } from "../runs/run";
import { useRun } from "../runs/runs";
import { CellToolbar } from "./CellToolbar";
import { Editor } from "./Editor";
import { KillOffer } from "./KillOffer";
import { Ending, Margin } from "./Margin";
import { NotSent } from "./NotSent";
import { Queued } from "./Queued";
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
      className={`cell ${state ?? "fresh"} ${cell.stale ? "stale" : ""}`} aria-label={named(index, state)}
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
          focused={(on) => store.focused(cell.id, on)}
        />
        {!readOnly && <CellToolbar {...{ notebook, cell, run, onFocusCell }} />}
        {send?.error != null && <NotSent notebook={notebook} cell={cell.id} error={send.error} />}
        {run && <RunOutput notebook={notebook} run={run} version={run.version} stale={cell.stale} />}
      </div>
    </section>
  );
});

function named(index: number, state: string | undefined): string {
  return `Cell ${index + 1}${state ? `, ${lookOf(state).word.toLowerCase()}` : ""}`;
}

interface RunProps { notebook: Notebook; run: Run; version: number; stale: boolean }

// The run is the same object all the time; `version` says that there is more in it.
function RunOutput({ notebook, run, version, stale }: RunProps) {
  return (
    <div className="outputs" aria-live={run.ended ? "off" : "polite"} aria-busy={!run.ended}>
      {run.status === "queued" && <Queued run={run} onCancel={() => notebook.cancel(run.id)} />}
      <Outputs run={run} version={version} />
      <Ending run={run} stale={stale} />
      <KillOffer run={run} onKill={() => notebook.cancel(run.id, true)} />
    </div>
  );
}
