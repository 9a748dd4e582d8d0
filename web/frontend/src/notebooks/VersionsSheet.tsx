import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { notebookAt, notebookVersions, type NotebookVersion } from "../api/notebooks";
import { queryClient, useRole } from "../app/queries";
import { CodeView } from "../flows/CodeView";
import type { SavedDocument } from "../notebook/documents/saved";
import { contentCells } from "../notebook/documents/sources";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { counted } from "../words/sizes";

interface Props { id: string; document: SavedDocument; onClose: () => void }

export function VersionsSheet({ id, document, onClose }: Props) {
  const { data, error } = useQuery({ queryKey: ["notebook-versions", id], queryFn: () => notebookVersions(id), staleTime: 0 });
  const [shown, setShown] = useState<number | null>(null);
  const makes = useRole() !== "viewer";
  return (
    <Sheet open wide onClose={onClose} title="Versions" about="What is saved within five minutes is one version; one with a name stays by itself.">
      <div className="content">
        {makes && <NameField {...{ id, document }} />}
        <Failure error={error} />
        {!data && !error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading versions" />}
        <ul className="versions-list">
          {data?.items.map((one) => (
            <li key={one.version}>
              <button type="button" className="version-row" aria-expanded={shown === one.version} onClick={() => setShown(shown === one.version ? null : one.version)}>
                <strong className="num">Version {one.version}</strong>
                <span className="grow cut">{one.label ?? ""}</span>
                <span className="faint num">{counted(one.cell_count, "cell")}</span>
                <span className="soft"><Saved of={one} /></span>
              </button>
              {shown === one.version && <One {...{ id, document, onClose }} version={one.version} newest={data.items[0]?.version === one.version} />}
            </li>
          ))}
        </ul>
      </div>
    </Sheet>
  );
}

function Saved({ of: { saved_at, saved_by } }: { of: NotebookVersion }) {
  return <>{saved_at !== null && <Ago at={saved_at} />}{saved_by !== "" && ` by ${saved_by}`}</>;
}

function NameField({ id, document }: Omit<Props, "onClose">) {
  const [label, setLabel] = useState("");
  const name = async (): Promise<void> => {
    await document.save(label.trim());
    setLabel("");
    await queryClient.invalidateQueries({ queryKey: ["notebook-versions", id] });
  };
  return (
    <form className="row ends-row" onSubmit={(event) => (event.preventDefault(), void name())}>
      <TextField label="Name for what is on the page now" value={label} maxLength={200} onChange={(event) => setLabel(event.target.value)} />
      <Button disabled={label.trim() === ""} type="submit">Save by that name</Button>
    </form>
  );
}

function One({ id, document, version, newest, onClose }: Props & { version: number; newest: boolean }) {
  const { data, error } = useQuery({ queryKey: ["notebook-version", id, version, newest], queryFn: () => notebookAt(id, version), gcTime: 0 });
  const makes = useRole() !== "viewer";
  const back = (): void => {
    if (data) document.replace(contentCells(data.cells));
    onClose();
  };
  return (
    <div className="stack small-gap version-cells">
      <Failure error={error} />
      {data && makes && <span><Button small onClick={back}>Go back to this version</Button> <span className="faint">Undo takes that back.</span></span>}
      {data?.cells.map((cell, index) => (
        <CodeView key={cell.id} code={cell.source} sql={false} label={`${cell.kind === "code" ? "Cell" : "Text"} ${index + 1} of version ${version}`} />
      ))}
    </div>
  );
}
