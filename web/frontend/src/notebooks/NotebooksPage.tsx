import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { createNotebook, type NotebookSummary } from "../api/notebooks";
import { queryClient, useRole } from "../app/queries";
import { kernelsQuery } from "../kernels/useKernels";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { StateChip } from "../parts/StateChip";
import { useTitle } from "../parts/useTitle";
import { count } from "../words/sizes";
import "../styles/notebooks.css";
import { importFile } from "./importing";
import { notebooksQuery } from "./useNotebooks";

const SEARCH_FROM = 7;

export function NotebooksPage() {
  useTitle("Notebooks");
  const { find = "" } = useSearch({ from: "/inside/notebooks" });
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(notebooksQuery);
  const [trouble, setTrouble] = useState<unknown>(null);
  const makes = useRole() !== "viewer";
  const all = data?.items ?? [];
  const shown = matching(all, find);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Notebooks</h1>
        <span className="grow" />
        {(all.length >= SEARCH_FROM || find !== "") && (
          <input
            className="input find" type="search" placeholder="Find by name or kernel" aria-label="Find by name or kernel" value={find}
            onChange={(event) => void navigate({ to: ".", search: { find: event.target.value || undefined }, replace: true })}
          />
        )}
        {makes && <Makers onError={setTrouble} />}
      </div>
      <Failure error={trouble} />
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading notebooks" />}
      {data && <Found all={all} shown={shown} makes={makes} />}
    </div>
  );
}

function Found({ all, shown, makes }: { all: NotebookSummary[]; shown: NotebookSummary[]; makes: boolean }) {
  if (all.length === 0) return <Empty makes={makes} />;
  return shown.length === 0 ? <p className="faint">No notebook is called like this.</p> : <Listing notebooks={shown} />;
}

function matching(all: NotebookSummary[], find: string): NotebookSummary[] {
  const wanted = find.trim().toLowerCase();
  return all.filter((one) => `${one.name} ${one.id} ${one.kernel_name ?? ""}`.toLowerCase().includes(wanted));
}

function Makers({ onError }: { onError: (error: unknown) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const { data } = useQuery(kernelsQuery);
  const [busy, setBusy] = useState<"new" | "import" | null>(null);
  const make = async (what: "new" | "import", how: () => Promise<{ id: string }>): Promise<void> => {
    setBusy(what);
    onError(null);
    try {
      const { id } = await how();
      void queryClient.invalidateQueries({ queryKey: ["notebooks"] });
      await navigate({ to: "/notebooks/$id", params: { id } });
    } catch (error) {
      onError(error);
    } finally {
      setBusy(null);
    }
  };
  // With one kernel there is nothing to choose.
  const mine = data?.items.filter((one) => one.access === "owner") ?? [];
  const kernel = mine.length === 1 ? (mine[0]?.uid ?? null) : null;
  const take = (file: File | undefined): void => void (file && make("import", () => importFile(file)));
  return (
    <>
      <input
        ref={input} type="file" hidden accept=".ipynb,application/x-ipynb+json" aria-label="File of a notebook"
        onChange={(event) => {
          take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Button icon={Upload} busy={busy === "import"} disabled={busy !== null} onClick={() => input.current?.click()}>Import .ipynb</Button>
      <Button
        kind="primary" icon={Plus} busy={busy === "new"} disabled={busy !== null}
        onClick={() => void make("new", () => createNotebook({ name: "Untitled", kernel }))}
      >
        New notebook
      </Button>
    </>
  );
}

function Listing({ notebooks }: { notebooks: NotebookSummary[] }) {
  const { data } = useQuery(kernelsQuery);
  const states = new Map(data?.items.map((one) => [one.uid, one.state]));
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Notebooks">
      <table className="table notebook-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kernel</th>
            <th scope="col">State</th>
            <th scope="col" className="number">Cells</th>
            <th scope="col">Saved</th>
          </tr>
        </thead>
        <tbody>
          {notebooks.map((one) => (
            <tr key={one.id}>
              <td className="name">
                <Link to="/notebooks/$id" params={{ id: one.id }} className="entry-name"><strong>{one.name}</strong></Link>{" "}
                <span className="faint num">version {one.version}</span>
              </td>
              <td className="soft">
                {one.kernel === null ? <span className="faint">none</span> : (
                  <Link to="/kernels/$id" params={{ id: one.kernel }} className="entry-name">{one.kernel_name ?? one.kernel}</Link>
                )}
              </td>
              <td>{one.kernel !== null && states.has(one.kernel) && <StateChip state={states.get(one.kernel) ?? "stopped"} />}</td>
              <td className="number num">{count(one.cell_count)}</td>
              <td className="soft">{one.updated_at && <Ago at={one.updated_at} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Empty({ makes }: { makes: boolean }) {
  return (
    <div className="empty">
      <h2>No notebook yet</h2>
      <p className="prose">
        A notebook is a page of cells that run on a kernel: it saves itself, keeps its versions, and shows its outputs wherever you
        log in. {makes ? "Make a new one, or import a file of Jupyter's; from a terminal:" : "Your account only reads."}
      </p>
      {makes && <pre className="example" tabIndex={0}>husk notebook import analysis.ipynb</pre>}
    </div>
  );
}
