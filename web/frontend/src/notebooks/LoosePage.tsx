import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Copy, Download, History, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { createNotebook, deleteNotebook, notebook as askNotebook, notebookFile, type NotebookShape } from "../api/notebooks";
import { NotThere } from "../app/Trouble";
import { queryClient, useRole } from "../app/queries";
import { KernelMemory } from "../kernels/KernelMemory";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { SavedDocument, useNamed } from "../notebook/documents/saved";
import { notebookSource, savedNotebook } from "../notebook/documents/sources";
import { ofNotebook } from "../notebook/recordings";
import { DocumentView } from "./DocumentView";
import { SaveState } from "./SaveState";
import { VersionsSheet } from "./VersionsSheet";

// A notebook of the ledger.
export function LoosePage() {
  const { id } = useParams({ from: "/inside/notebooks/$id" });
  const { data, error, refetch, isFetchedAfterMount } = useQuery({ queryKey: ["notebook", id], queryFn: () => askNotebook(id), staleTime: 0 });
  if (error instanceof ApiError && error.status === 404) return <NotThere />;
  // What was here before may be an older version.
  if (data && isFetchedAfterMount) return <Opened key={data.id} first={data} />;
  return (
    <div className="page">
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading the notebook" />}
    </div>
  );
}

type Dialog = "versions" | "delete";

function Opened({ first }: { first: NotebookShape }) {
  const { id } = first;
  const [document] = useState(() => new SavedDocument(notebookSource(id), savedNotebook(first)));
  const recording = useMemo(() => () => ofNotebook(id), [id]);
  const { name } = useNamed(document);
  useTitle(name || "Notebook");
  useEffect(() => {
    queryClient.setQueryData<NotebookShape>(["notebook", id], (old) => old && { ...old, name });
  }, [id, name]);
  // The list tells what was saved last.
  useEffect(() => () => void queryClient.invalidateQueries({ queryKey: ["notebooks"] }), []);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const close = (): void => setDialog(null);
  return (
    <>
      <DocumentView
        {...{ document, recording }} flow={id} node={null} head={<Head document={document} />}
        menu={<Menu {...{ id, document }} onDialog={setDialog} />}
      />
      {dialog === "versions" && <VersionsSheet {...{ id, document }} onClose={close} />}
      {dialog === "delete" && <DeleteDialog {...{ id, document }} onClose={close} />}
    </>
  );
}

function Head({ document }: { document: SavedDocument }) {
  const { name, kernel } = useNamed(document);
  const makes = useRole() !== "viewer";
  return (
    <div className="kernel-head">
      <h1 className="hidden-text">{name || "Notebook"}</h1>
      <input
        className="title-field" aria-label="Name of the notebook" value={name} maxLength={200} readOnly={!makes} spellCheck={false}
        placeholder="Untitled" onChange={(event) => document.setName(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
      <span className="grow" />
      <KernelMemory id={kernel} />
      <SaveState document={document} />
    </div>
  );
}

function Menu({ id, document, onDialog }: { id: string; document: SavedDocument; onDialog: (dialog: Dialog) => void }) {
  const makes = useRole() !== "viewer";
  const navigate = useNavigate();
  const copy = async (): Promise<void> => {
    const { name, kernel, cells } = document.mine;
    const made = await createNotebook({
      name: `${name} (copy)`.slice(0, 200), kernel, cells: cells.map((one) => ({ id: one.id, kind: one.kind, source: one.code, outputs: one.kept && [...one.kept] })),
    });
    await navigate({ to: "/notebooks/$id", params: { id: made.id } });
  };
  return (
    <>
      <DropdownMenu.Item asChild>
        <a href={notebookFile(id)} download={`${document.name || "notebook"}.ipynb`}><Download className="icon" aria-hidden /> Download .ipynb</a>
      </DropdownMenu.Item>
      <DropdownMenu.Item onSelect={() => onDialog("versions")}>
        <History className="icon" aria-hidden /> Versions…
      </DropdownMenu.Item>
      {makes && (
        <>
          <DropdownMenu.Item onSelect={() => void copy()}><Copy className="icon" aria-hidden /> Make a copy</DropdownMenu.Item>
          <DropdownMenu.Item className="danger" onSelect={() => onDialog("delete")}>
            <Trash2 className="icon" aria-hidden /> Delete…
          </DropdownMenu.Item>
        </>
      )}
      <div className="rule" />
    </>
  );
}

function DeleteDialog({ id, document, onClose }: { id: string; document: SavedDocument; onClose: () => void }) {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    try {
      await deleteNotebook(id);
      document.deleted();
      await queryClient.invalidateQueries({ queryKey: ["notebooks"] });
      await navigate({ to: "/notebooks" });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Confirm
      open onClose={onClose} title={`Delete ${document.name || "this notebook"}?`} verb="Delete notebook" {...{ busy, error }}
      onConfirm={() => void confirm()}
    >
      Gone are its cells with all versions, what they put out, and what they published for this notebook alone. A cell of it that runs is
      interrupted. The catalog and shared files keep theirs. This cannot be undone.
    </Confirm>
  );
}
