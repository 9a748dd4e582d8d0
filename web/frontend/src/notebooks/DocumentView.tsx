// A document of cells on its page: which kernel, how saving goes, and the cells.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, type ReactNode } from "react";
import { useRole } from "../app/queries";
import { mayChange } from "../kernels/states";
import { useKernel } from "../kernels/useKernels";
import { useOpened } from "../live/useLive";
import { useNamed, type SavedDocument } from "../notebook/documents/saved";
import { Notebook } from "../notebook/notebook";
import { NotebookView } from "../notebook/NotebookView";
import { tabOf } from "../notebook/panels/tabs";
import type { Recording } from "../notebook/recordings";
import { runs } from "../notebook/runs/runs";
import { useFollowed } from "../notebook/useNotebook";
import "../styles/notebooks.css";
import { KernelPicker } from "./KernelPicker";
import { KernelRequired } from "./KernelRequired";
import { SaveNotices } from "./SaveNotices";

interface Props {
  document: SavedDocument;
  flow: string;
  node: string | null;
  // How its cells and their executions belong together, on that kernel.
  recording: (kernel: string | null) => Recording;
  head: ReactNode;
  menu: ReactNode;
  notices?: ReactNode;
}

export function DocumentView(props: Props) {
  const { document } = props;
  const { kernel: named } = useNamed(document);
  const { kernel, error } = useKernel(named);
  useEffect(() => {
    const detach = document.attach();
    return () => {
      detach();
      runs.forget();
    };
  }, [document]);
  const opened = useOpened();
  useEffect(() => {
    if (opened > 1) void document.refresh();
  }, [document, opened]);
  useSaveKey(document);
  // Editors are made for a kernel: it is known first.
  if (named !== null && !kernel && !error) return <div className="page" role="status" aria-busy="true" aria-label="Loading" />;
  return <Cells {...props} {...{ named }} kernel={named === null ? null : (kernel ?? null)} />;
}

type CellsProps = Props & { named: string | null; kernel: NonNullable<ReturnType<typeof useKernel>["kernel"]> | null };

function Cells({ document, flow, node, recording, head, menu, notices, named, kernel }: CellsProps) {
  const uid = kernel?.uid ?? null;
  const notebook = useMemo(
    () => new Notebook({ kernel: uid, flow, node, hasText: node === null }, document, recording(uid)), [uid, flow, node, document, recording],
  );
  useFollowed(notebook);
  const cleared = kernel?.cleared_at ?? null;
  useEffect(() => notebook.noteCleared(cleared), [notebook, cleared]);
  const { panel } = useSearch({ strict: false });
  const navigate = useNavigate();
  const makes = useRole() !== "viewer";
  const choose = (next: string | null): void => document.setKernel(next);
  return (
    <NotebookView
      {...{ notebook, kernel, head, menu }} mayEdit={makes} mayRun={kernel === null ? makes : mayChange(kernel)}
      choice={<KernelPicker {...{ kernel, named }} mayEdit={makes} onChoose={choose} />}
      notices={
        <>
          <SaveNotices document={document} what={node === null ? "notebook" : "node"} />
          <KernelRequired {...{ kernel, named }} mayEdit={makes} onChoose={choose} />
          {notices}
        </>
      }
      panel={tabOf(panel)}
      onPanel={(next) => void navigate({ to: ".", search: (old) => ({ ...old, panel: next ?? undefined }), replace: true, resetScroll: false })}
    />
  );
}

function useSaveKey(document: SavedDocument): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (document.isDirty) void document.save();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [document]);
}
