import { memo, useCallback, useEffect, useRef, type KeyboardEvent } from "react";
import { lookOf } from "../../parts/StateChip";
import type { Notebook } from "../notebook";
import type { Run } from "../runs/run";
import { useRun } from "../runs/runs";
import type { Actions } from "./actions";
import { CellOutput, KeptOutputs } from "./CellOutput";
import { CellToolbar } from "./CellToolbar";
import { CodeBody } from "./CodeBody";
import type { Finding } from "./finding";
import type { Handles } from "./handles";
import { commandOf, meaning } from "./keys";
import { useIsOutlived } from "./living";
import { Margin } from "./Margin";
import { MarkdownBody } from "./MarkdownBody";
import { useNear, useTouched } from "./near";
import { NotSent } from "./NotSent";
import { scheme } from "./scheme";
import { useSend, type Send } from "./sends";
import type { Cell } from "./sheet";

interface Props { actions: Actions; finding: Finding; handles: Handles; cell: Cell; index: number }

export const CellView = memo(function CellView({ actions, finding, handles, cell, index }: Props) {
  const { notebook } = actions;
  const isCode = cell.kind === "code";
  const run = useRun(cell.run);
  const stale = useIsOutlived(run) || cell.stale;
  const send = useSend(notebook.sends, cell.id);
  const section = useRef<HTMLElement>(null);
  const editor = useRef<{ focus: () => void } | null>(null);
  const sending = send !== undefined && send.error === null;
  const state = sending ? "sending" : run?.status;
  const select = useCallback(() => focusOn(section.current), []);
  useEffect(() => handles.register(cell.id, { select, edit: () => editInto(section.current, editor.current) }), [handles, cell.id, select]);
  const keys = useKeys(actions, cell.id);
  const [near, come] = useNear(section, index);
  const [touched, touch] = useTouched();
  const body = { actions, finding, cell, index, editorRef: editor, onLeave: select };
  return (
    <section
      ref={section} className={`${classOf(cell, state, stale)} ${near ? "" : "far"}`} aria-label={named(index, cell, state)} tabIndex={-1}
      onKeyDown={keys} onPointerEnter={touch} onFocus={touch}
    >
      {isCode ? <Margin run={run} sending={sending} /> : <div className="margin" />}
      <div className="cell-body">
        {isCode ? <CodeBody {...body} {...{ run, near }} onNear={come} /> : <MarkdownBody {...body} />}
        {touched && <CellToolbar {...{ actions, cell, run }} />}
        <Refused send={send} {...{ notebook, cell }} />
        {isCode && <Below {...{ notebook, cell, run, stale }} version={run?.version ?? 0} />}
      </div>
    </section>
  );
});

function Refused({ send, notebook, cell }: { send: Send | undefined; notebook: Notebook; cell: Cell }) {
  return send?.error != null && <NotSent notebook={notebook} cell={cell.id} error={send.error} />;
}

interface BelowProps { notebook: Notebook; cell: Cell; run: Run | undefined; stale: boolean; version: number }

function Below({ notebook, cell, run, stale, version }: BelowProps) {
  if (run) return <CellOutput {...{ notebook, run, version, stale }} />;
  return cell.kept !== null && cell.kept.length > 0 && <KeptOutputs cell={cell.id} outputs={cell.kept} />;
}

function focusOn(section: HTMLElement | null): void {
  section?.focus({ preventScroll: true });
  section?.scrollIntoView({ block: "nearest" });
}

function editInto(section: HTMLElement | null, editor: { focus: () => void } | null): void {
  editor?.focus();
  section?.scrollIntoView({ block: "nearest" });
}

// Keys of a cell that has the focus itself: nothing is written then.
function useKeys(actions: Actions, id: string): (event: KeyboardEvent<HTMLElement>) => void {
  const before = useRef("");
  return (event) => {
    if (event.target !== event.currentTarget) return;
    const { nativeEvent } = event;
    if (event.key === "Tab" && !event.shiftKey) return toTools(event);
    const runs = meaning(nativeEvent, scheme());
    if (runs === "nothing") return;
    const command = runs === null ? commandOf(nativeEvent, scheme(), before.current) : null;
    before.current = command === "first" ? "d" : "";
    if (runs === null && command === null) return;
    event.preventDefault();
    if (runs !== null) actions[runs](id);
    else if (command !== null && command !== "first") actions.do(command, id);
  };
}

// Out of the cell, not into its editor again, where Tab is a sign.
function toTools(event: KeyboardEvent<HTMLElement>): void {
  const tool = event.currentTarget.querySelector<HTMLElement>(".cell-tools button");
  if (!tool) return;
  event.preventDefault();
  tool.focus();
}

function classOf(cell: Cell, state: string | undefined, stale: boolean): string {
  return `cell ${cell.kind === "markdown" ? "words" : (state ?? "fresh")} ${stale ? "stale" : ""}`;
}

function named(index: number, { kind }: Cell, state: Run["status"] | "sending" | undefined): string {
  if (kind === "markdown") return `Cell ${index + 1}, text`;
  return `Cell ${index + 1}${state ? `, ${lookOf(state).word.toLowerCase()}` : ""}`;
}
