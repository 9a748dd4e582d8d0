import { Link, useNavigate } from "@tanstack/react-router";
import { CalendarClock, Download, Ellipsis, Pencil, Play, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { deleteFlow, flowFile, type Flow } from "../api/flows";
import { queryClient, useRole } from "../app/queries";
import { Button, IconButton } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { counted } from "../words/sizes";

export function FlowHeader({ flow, old, onRun }: { flow: Flow; old: boolean; onRun: () => void }) {
  const changes = useRole() !== "viewer";
  const [deleting, setDeleting] = useState(false);
  return (
    <header className="page-head flow-head">
      <h1 className="cut">{flow.name}</h1>
      <span className="tag">version {flow.version}</span>
      <span className="faint wide">{counted(flow.nodes.length, "node")}</span>
      <span className="grow" />
      {old && <Link to="/flows/$id" params={{ id: flow.id }} className="button">Newest version</Link>}
      {changes && <Link to="/schedules" search={{ flow: flow.id, new: true }} className="button"><CalendarClock className="icon" aria-hidden /> Schedule</Link>}
      {changes && !old && <Link to="/flows/$id" params={{ id: flow.id }} search={{ edit: true }} className="button"><Pencil className="icon" aria-hidden /> Edit</Link>}
      {changes && <Button kind="primary" icon={Play} onClick={onRun}>Run</Button>}
      <Menu flow={flow} onDelete={changes ? () => setDeleting(true) : null} />
      {deleting && <Deleting flow={flow} onClose={() => setDeleting(false)} />}
    </header>
  );
}

const FORMS = ["yaml", "json"] as const;

function Menu({ flow, onDelete }: { flow: Flow; onDelete: (() => void) | null }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <IconButton icon={Ellipsis} label={`More about ${flow.name}`} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {FORMS.map((form) => (
            <DropdownMenu.Item key={form} asChild>
              <a href={flowFile(flow.id, form, flow.version)} download><Download className="icon" aria-hidden /> Download flow.{form}</a>
            </DropdownMenu.Item>
          ))}
          {onDelete && (
            <>
              <div className="rule" />
              <DropdownMenu.Item className="danger" onSelect={onDelete}>
                <Trash2 className="icon" aria-hidden /> Delete…
              </DropdownMenu.Item>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Deleting({ flow, onClose }: { flow: Flow; onClose: () => void }) {
  const navigate = useNavigate();
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const remove = async (): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      await deleteFlow(flow.id);
      await queryClient.invalidateQueries({ queryKey: ["flows"] });
      await navigate({ to: "/flows" });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <Confirm open onClose={onClose} title={`Delete ${flow.name}?`} verb="Delete flow" {...state} onConfirm={() => void remove()}>
      All its versions, the tables of its nodes and its local artifacts go, and its schedules end. What it published in the
      catalog and wrote into shared files stays.
    </Confirm>
  );
}
