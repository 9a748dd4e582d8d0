import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { NotebookText } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { createNotebook } from "../api/notebooks";
import type { Kernel } from "../api/types";
import { NotThere } from "../app/Trouble";
import { queryClient, useRole } from "../app/queries";
import { mayChange } from "../kernels/states";
import { useKernel } from "../kernels/useKernels";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { LOOSE, useFlows } from "./flows";
import { NamespaceMenu } from "./NamespaceMenu";
import type { Notebook } from "./notebook";
import { NotebookHeader } from "./NotebookHeader";
import { NotebookView } from "./NotebookView";
import { tabOf } from "./panels/tabs";
import { StateNotice } from "./StateNotice";
import { useKernelNotebook } from "./useNotebook";

// A kernel's own page: what was run on it, from wherever, and cells of this browser.
export function NotebookPage() {
  const { id } = useParams({ from: "/inside/kernels/$id" });
  const { kernel, error } = useKernel(id);
  useTitle(kernel?.name ?? id);
  if (error instanceof ApiError && error.status === 404) return <NotThere />;
  if (error) return <div className="page"><Failure error={error} /></div>;
  return kernel ? <Namespace kernel={kernel} /> : <div className="page" aria-busy="true" />;
}

function Namespace({ kernel }: { kernel: Kernel }) {
  const { flow: asked } = useSearch({ from: "/inside/kernels/$id" });
  const { flows, first } = useFlows(kernel.uid);
  const flow = asked === undefined ? first : asked === LOOSE ? null : asked;
  if (flow === undefined) return <div className="page" aria-busy="true" />;
  return <Cells key={`${kernel.uid} ${flow ?? ""}`} {...{ kernel, flow, flows }} />;
}

function Cells({ kernel, flow, flows }: { kernel: Kernel; flow: string | null; flows: string[] }) {
  const notebook = useKernelNotebook(kernel.uid, flow);
  const { panel } = useSearch({ from: "/inside/kernels/$id" });
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  useEffect(() => notebook.noteCleared(kernel.cleared_at), [notebook, kernel.cleared_at]);
  const changes = mayChange(kernel);
  return (
    <NotebookView
      {...{ notebook, kernel }} mayEdit={changes} mayRun={changes} head={<NotebookHeader kernel={kernel} />}
      notices={<><StateNotice kernel={kernel} /><Failure error={error} /></>} choice={<NamespaceMenu flow={flow} flows={flows} />}
      menu={<KeepItem {...{ kernel, notebook }} onError={setError} />} panel={tabOf(panel)}
      onPanel={(next) => void navigate({ to: ".", search: (old) => ({ ...old, panel: next ?? undefined }), replace: true, resetScroll: false })}
    />
  );
}

// Cells of this page are this browser's; a notebook is kept with versions, and there wherever one logs in.
function KeepItem({ kernel, notebook, onError }: { kernel: Kernel; notebook: Notebook; onError: (error: unknown) => void }) {
  const navigate = useNavigate();
  const makes = useRole() !== "viewer";
  const keep = async (): Promise<void> => {
    try {
      const cells = notebook.store.current.cells.map(({ id, kind, code }) => ({ id, kind, source: code, outputs: null }));
      const made = await createNotebook({ name: `Cells of ${kernel.name}`.slice(0, 200), kernel: kernel.uid, cells });
      void queryClient.invalidateQueries({ queryKey: ["notebooks"] });
      await navigate({ to: "/notebooks/$id", params: { id: made.id } });
    } catch (failure) {
      onError(failure);
    }
  };
  if (!makes) return null;
  return (
    <DropdownMenu.Item onSelect={() => void keep()}>
      <NotebookText className="icon" aria-hidden /> Keep as a notebook
    </DropdownMenu.Item>
  );
}
