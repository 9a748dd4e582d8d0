import { useBlocker, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import type { Flow } from "../../api/flows";
import type { Run } from "../../api/runs";
import { useKernelNames } from "../../kernels/names";
import { Notice } from "../../parts/Notice";
import "../../styles/flow-edit.css";
import type { Marked } from "../graph/cards";
import { drawingOf, wireIds } from "../graph/model";
import type { Place } from "../layout";
import { addNode, cannotConnect, changeConnection, connect, duplicate, removeNodes } from "./changes";
import { EditorBar } from "./EditorBar";
import type { EditGraphProps } from "./EditGraph";
import { layOut, move } from "./moving";
import { NONE, type Picked } from "./picked";
import { problemsOf, type Problem } from "./problems";
import { Side } from "./Side";
import { isWriting, useDraft } from "./useDraft";
import { useSave } from "./useSave";
import { Wrong } from "./wrong";

const EditGraph = lazy(() => import("./EditGraph"));

interface Props {
  // As it was opened: who saves meanwhile changes nothing here.
  flow: Flow;
  // The newest version that is known; null: the flow was deleted.
  newest: number | null;
  run: Run | undefined;
  first: string | undefined;
  onDone: () => void;
}

// The flow as somebody changes it: nothing is saved until they say so.
export function FlowEditor({ flow, newest, run, first, onDone }: Props) {
  const edit = useDraft(flow);
  const { draft, set } = edit;
  const [picked, setPicked] = useState<Picked>(first === undefined ? NONE : { nodes: [first], wires: [] });
  const [told, setTold] = useState<string | null>(null);
  const saving = useSave(flow, draft);
  const navigate = useNavigate();
  useBlocker({ shouldBlockFn: () => edit.dirty && !window.confirm("Leave without saving what you changed?"), enableBeforeUnload: edit.dirty, disabled: !edit.dirty });
  const problems = useMemo(() => [...(saving.problem ? [saving.problem] : []), ...problemsOf(draft)], [draft, saving.problem]);
  const there = useMemo(() => onlyThere(picked, draft.nodes.map((one) => one.id), wireIds(draft.connections)), [picked, draft]);
  const join = (from: string, to: string): void => {
    setTold(cannotConnect(draft, from, to));
    set(connect(draft, from, to));
  };
  const add = (type: string, at: Place, dropped: boolean): void => {
    const only = there.nodes.length === 1 ? there.nodes[0] : undefined;
    const made = addNode(draft, type, dropped || only === undefined ? (dropped || draft.nodes.some((one) => one.position) ? { at } : undefined) : { beside: only });
    set(made.flow);
    setPicked({ nodes: made.ids, wires: [] });
  };
  const again = useCallback((): void => {
    if (there.nodes.length === 0) return;
    const made = duplicate(draft, there.nodes);
    set(made.flow);
    setPicked({ nodes: made.ids, wires: [] });
  }, [draft, there, set]);
  const remove = ({ nodes, wires }: Picked): void => {
    const ids = wireIds(draft.connections);
    const gone = draft.connections.filter((_, index) => wires.includes(ids[index] ?? ""));
    set(removeNodes(gone.reduce((now, one) => changeConnection(now, one, null), draft), nodes));
    setPicked(NONE);
  };
  useKeys(again, () => setPicked(NONE));
  const canvas = useCanvas(draft, edit.set, run, problems);
  const saved = (made: Flow, runs: boolean): void =>
    void navigate({ to: "/flows/$id", params: { id: made.id }, search: runs ? { start: true } : {}, ignoreBlocker: true });
  const expand = async (node: string): Promise<void> => {
    const made = edit.dirty ? await saving.save(flow.version) : flow;
    if (made) void navigate({ to: "/flows/$id/nodes/$node", params: { id: made.id, node }, ignoreBlocker: true });
  };
  const show = ({ where }: Problem): void => setPicked(draft.nodes.some((one) => one.id === where) ? { nodes: [where], wires: [] } : where === "" ? NONE : { nodes: [], wires: [where] });
  return (
    <Wrong value={problems}>
      <EditorBar
        {...{ flow, newest, edit, saving, problems }} picked={there} onShow={show} onDuplicate={again} onRemove={() => remove(there)} onSaved={saved} onClose={onDone}
      />
      {told !== null && <div className="flow-notices"><Notice tone="amber">{told}</Notice></div>}
      <div className="beside editing">
        <Suspense fallback={<div className="skeleton graph-wait" role="status" aria-busy="true" aria-label="Drawing the graph" />}>
          <EditGraph
            {...canvas} picked={there} label={`Graph of ${draft.name}, to be changed`} onPick={setPicked} onConnect={join} onRemove={remove} onAdd={add}
          />
        </Suspense>
        <Side {...{ flow, draft, set, run }} dirty={edit.dirty} picked={there} onPick={setPicked} onJoin={join} onDuplicate={again} onRemove={() => remove(there)} onExpand={(node) => void expand(node)} />
      </div>
    </Wrong>
  );
}

type CanvasPart = Pick<EditGraphProps, "drawing" | "marks" | "onMove" | "onRename" | "onLayOut">;

// What of the canvas follows from the draft; it stays the same while something is dragged.
function useCanvas(draft: Flow | ReturnType<typeof useDraft>["draft"], set: ReturnType<typeof useDraft>["set"], run: Run | undefined, problems: Problem[]): CanvasPart {
  const kernelName = useKernelNames();
  const drawing = useMemo(
    () => drawingOf(draft.nodes.map((one) => ({ ...one, kernel: one.kernel ?? draft.default_kernel })), draft.connections, run?.nodes ?? [], kernelName),
    [draft, run?.nodes, kernelName],
  );
  const marks = useMemo(() => marksOf(problems), [problems]);
  const onMove = useCallback((moved: Map<string, Place>, key: string | undefined) => set((now) => move(now, moved), key), [set]);
  const onLayOut = useCallback(() => set(layOut), [set]);
  const onRename = useCallback((wire: string, input: string) => set((now) => {
    const one = now.connections[wireIds(now.connections).indexOf(wire)];
    return one ? changeConnection(now, one, { input: input || null }) : now;
  }, `input ${wire}`), [set]);
  return { drawing, marks, onMove, onRename, onLayOut };
}

// The worst of each node and wire.
function marksOf(problems: readonly Problem[]): Map<string, Marked> {
  const marks = new Map<string, Marked>();
  for (const { where, words, stops } of problems) {
    if (marks.get(where)?.stops !== "save" && (stops === "save" || !marks.has(where))) marks.set(where, { words, stops });
  }
  return marks;
}

// What undo took away is not chosen any more.
function onlyThere({ nodes, wires }: Picked, ids: readonly string[], wireIdsThere: readonly string[]): Picked {
  const [known, joined] = [new Set(ids), new Set(wireIdsThere)];
  return { nodes: nodes.filter((one) => known.has(one)), wires: wires.filter((one) => joined.has(one)) };
}

function useKeys(again: () => void, leave: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (isWriting(event.target)) return;
      if (event.key === "Escape") leave();
      if (event.key.toLowerCase() !== "d" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      again();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [again, leave]);
}
