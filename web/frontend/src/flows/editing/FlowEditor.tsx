import { useNavigate } from "@tanstack/react-router";
import { useBlocker } from "@tanstack/react-router";
import { Plus, Redo2, Save, Undo2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useMemo, useState } from "react";
import { documentOf, isLostUpdate, saveFlow, type Flow, type FlowDocument } from "../../api/flows";
import { queryClient } from "../../app/queries";
import { useKernelNames } from "../../kernels/names";
import { Button, IconButton } from "../../parts/Button";
import { Failure, Notice } from "../../parts/Notice";
import { Graph } from "../graph/Graph";
import { drawingOf, TYPES } from "../graph/model";
import { ICONS } from "../graph/NodeCard";
import { addNode, cannotConnect, connect, removeNode } from "./changes";
import { FlowFields } from "./FlowFields";
import { begin, change, redo, undo, type History } from "./history";
import { NodeFields } from "./NodeFields";

export type Change = (flow: FlowDocument, key?: string) => void;

// The flow as somebody changes it: nothing is saved until they say so.
export function FlowEditor({ flow, onDone }: { flow: Flow; onDone: () => void }) {
  const [history, setHistory] = useState<History<FlowDocument>>(() => begin(documentOf(flow)));
  const [chosen, setChosen] = useState<string | undefined>();
  const [told, setTold] = useState<string | null>(null);
  const draft = history.present;
  const dirty = draft !== history.past[0] && history.past.length > 0;
  const set: Change = (next, key) => setHistory((old) => change(old, next, key ?? null));
  useKeys(setHistory);
  useBlocker({ shouldBlockFn: () => dirty && !window.confirm("Leave without saving what you changed?"), enableBeforeUnload: dirty, disabled: !dirty });
  const kernelName = useKernelNames();
  const drawing = useMemo(
    () => drawingOf(draft.nodes.map((one) => ({ ...one, kernel: one.kernel ?? draft.default_kernel })), draft.connections, [], kernelName),
    [draft, kernelName],
  );
  const node = draft.nodes.find((one) => one.id === chosen);
  const join = (from: string, to: string): void => {
    setTold(cannotConnect(draft, from, to));
    set(connect(draft, from, to));
  };
  const add = (type: string): void => {
    const made = addNode(draft, type);
    set(made.flow);
    setChosen(made.id);
  };
  const remove = (id: string): void => {
    set(removeNode(draft, id));
    setChosen(undefined);
  };
  return (
    <>
      <Bar {...{ flow, draft, history, setHistory, dirty, onDone }} onAdd={add} />
      {told !== null && <div className="flow-notices"><Notice tone="amber">{told}</Notice></div>}
      <div className="beside editing">
        <Graph
          {...{ drawing, chosen }} onChoose={setChosen} label={`Graph of ${draft.name}, to be changed`} editing={{ onConnect: join, onRemove: remove }}
        />
        <aside aria-label={node ? `Node ${node.name}` : "The flow"}>
          {node ? (
            <NodeFields key={node.id} {...{ draft, node, set }} onJoin={join} onRemove={() => remove(node.id)} onClose={() => setChosen(undefined)} />
          ) : (
            <FlowFields {...{ draft, set }} />
          )}
        </aside>
      </div>
    </>
  );
}

function useKeys(setHistory: (next: (old: History<FlowDocument>) => History<FlowDocument>) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const writing = event.target instanceof Element && event.target.closest("input, textarea, .cm-editor") !== null;
      if (event.key.toLowerCase() !== "z" || !(event.metaKey || event.ctrlKey) || writing) return;
      event.preventDefault();
      setHistory(event.shiftKey ? redo : undo);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [setHistory]);
}

interface BarProps {
  flow: Flow;
  draft: FlowDocument;
  history: History<FlowDocument>;
  setHistory: (next: (old: History<FlowDocument>) => History<FlowDocument>) => void;
  dirty: boolean;
  onAdd: (type: string) => void;
  onDone: () => void;
}

function Bar({ flow, draft, history, setHistory, dirty, onAdd, onDone }: BarProps) {
  const { busy, error, save } = useSave(flow, draft);
  const lost = isLostUpdate(error);
  return (
    <div className="stack small-gap flow-notices">
      <div className="row wrap editor-bar" role="toolbar" aria-label="Change the flow">
        <AddMenu onAdd={onAdd} />
        <IconButton icon={Undo2} label="Undo (Ctrl+Z)" disabled={history.past.length === 0} onClick={() => setHistory(undo)} />
        <IconButton icon={Redo2} label="Redo (Ctrl+Shift+Z)" disabled={history.future.length === 0} onClick={() => setHistory(redo)} />
        <span className="faint" role="status">{dirty ? "not saved yet" : "as saved"}</span>
        <span className="grow" />
        <Button onClick={onDone}>{dirty ? "Discard" : "Close"}</Button>
        <Button kind="primary" icon={Save} busy={busy} disabled={!dirty} onClick={() => void save(flow.version)}>Save</Button>
      </div>
      {lost ? (
        <Notice tone="amber" actions={<Button small busy={busy} onClick={() => void save(null)}>Save mine as the newest</Button>}>
          Somebody saved this flow since you began. Yours is kept here; theirs stays among the versions if you save over it.
        </Notice>
      ) : (
        <Failure error={error} />
      )}
    </div>
  );
}

// `version`: the one that was changed; null: whatever is the newest now.
function useSave(flow: Flow, draft: FlowDocument) {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const navigate = useNavigate();
  const save = async (version: number | null): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      const saved = await saveFlow(flow.id, draft, version);
      queryClient.setQueryData(["flow", flow.id, "newest"], saved);
      void queryClient.invalidateQueries({ queryKey: ["flows"] });
      await navigate({ to: "/flows/$id", params: { id: flow.id }, search: {}, ignoreBlocker: true });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return { ...state, save };
}

function AddMenu({ onAdd }: { onAdd: (type: string) => void }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button icon={Plus}>Add a node</Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4}>
          {Object.entries(TYPES).map(([type, word]) => {
            const Icon = ICONS[type] ?? Plus;
            return (
              <DropdownMenu.Item key={type} onSelect={() => onAdd(type)}>
                <Icon className="icon" aria-hidden /> {word}
              </DropdownMenu.Item>
            );
          })}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
