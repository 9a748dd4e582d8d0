import { Link } from "@tanstack/react-router";
import { Copy, Play, Redo2, Save, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import type { Flow } from "../../api/flows";
import { Button, IconButton } from "../../parts/Button";
import { Failure, Notice } from "../../parts/Notice";
import { counted } from "../../words/sizes";
import { ImportInto } from "./ImportInto";
import type { Picked } from "./picked";
import type { Problem } from "./problems";
import type { Draft } from "./useDraft";
import type { Saving } from "./useSave";

interface Props {
  flow: Flow;
  // The newest version that is known; null: the flow is not there any more.
  newest: number | null;
  edit: Draft;
  saving: Saving;
  problems: Problem[];
  picked: Picked;
  onShow: (problem: Problem) => void;
  onDuplicate: () => void;
  onRemove: () => void;
  onSaved: (saved: Flow, run: boolean) => void;
  onClose: () => void;
}

export function EditorBar({ flow, newest, edit, saving, problems, picked, onShow, onDuplicate, onRemove, onSaved, onClose }: Props) {
  const { draft, dirty } = edit;
  const stops = problems.filter((one) => one.stops === "save");
  const chosen = picked.nodes.length + picked.wires.length > 0;
  const [error, setError] = useState<unknown>(null);
  const save = async (version: number | null, run = false): Promise<void> => {
    const saved = dirty || version === null ? await saving.save(version) : flow;
    if (saved) onSaved(saved, run);
  };
  const saveAsNew = async (): Promise<void> => {
    const saved = await saving.saveAsNew();
    if (saved) onSaved(saved, false);
  };
  return (
    <div className="stack small-gap flow-notices">
      <div className="row wrap editor-bar" role="toolbar" aria-label="Change the flow">
        <strong className="cut edit-name" title={draft.name}>{draft.name || "No name"}</strong>
        <span className="faint" role="status">{dirty ? "not saved yet" : "as saved"}</span>
        <span className="grow" />
        <IconButton icon={Undo2} label="Undo (Ctrl+Z)" disabled={!edit.undo} onClick={() => edit.undo?.()} />
        <IconButton icon={Redo2} label="Redo (Ctrl+Shift+Z)" disabled={!edit.redo} onClick={() => edit.redo?.()} />
        <IconButton icon={Copy} label="Duplicate (Ctrl+D)" disabled={picked.nodes.length === 0} onClick={onDuplicate} />
        <IconButton icon={Trash2} label="Delete what is chosen (Delete)" disabled={!chosen} onClick={onRemove} />
        <ImportInto onRead={(document) => edit.set(document)} onError={setError} />
        <Button onClick={onClose}>{dirty ? "Discard" : "Close"}</Button>
        <Button icon={Play} busy={saving.busy} disabled={stops.length > 0} onClick={() => void save(flow.version, true)}>{dirty ? "Save and run" : "Run"}</Button>
        <Button kind="primary" icon={Save} busy={saving.busy} disabled={!dirty || stops.length > 0} onClick={() => void save(flow.version)}>Save</Button>
      </div>
      <Problems problems={stops} onShow={onShow} />
      <Failure error={error} />
      {newest === null || saving.gone ? (
        <Notice tone="amber" actions={<Button small busy={saving.busy} onClick={() => void saveAsNew()}>Save mine as a new flow</Button>}>
          This flow was deleted meanwhile. What you changed is kept here until you leave.
        </Notice>
      ) : saving.lost || newest > flow.version ? (
        <Conflict {...{ flow, saving }} newest={Math.max(newest, flow.version + (saving.lost ? 1 : 0))} onOver={() => void save(null)} />
      ) : (
        saving.problem === null && <Failure error={saving.error} />
      )}
    </div>
  );
}

function Conflict({ flow, newest, saving, onOver }: { flow: Flow; newest: number; saving: Saving; onOver: () => void }) {
  return (
    <Notice
      tone="amber"
      actions={
        <>
          <Button small busy={saving.busy} onClick={onOver}>Save mine as the newest</Button>
          <Link to="/flows/$id" params={{ id: flow.id }} search={{ version: newest }} target="_blank" className="button small">Look at theirs</Link>
        </>
      }
    >
      Somebody saved this flow since you began. Yours is kept here; theirs stays among the versions if you save over it.
    </Notice>
  );
}

function Problems({ problems, onShow }: { problems: Problem[]; onShow: (problem: Problem) => void }) {
  const [first] = problems;
  if (!first) return null;
  return (
    <Notice tone="red" inline actions={<Button small onClick={() => onShow(first)}>Show it</Button>}>
      {problems.length === 1 ? first.words : `${counted(problems.length, "field")} to be mended before this can be saved. The first: ${first.words}`}
    </Notice>
  );
}
