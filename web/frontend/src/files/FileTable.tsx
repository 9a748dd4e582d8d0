import { Link } from "@tanstack/react-router";
import { Download, File as FileIcon, Folder, History, Trash2 } from "lucide-react";
import { useState } from "react";
import { fileUrl, remove, type SharedFile } from "../api/files";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { count, size } from "../words/sizes";
import { nameIn } from "./search";

interface Props {
  folder: string | undefined;
  folders: string[];
  files: SharedFile[];
  writes: boolean;
  onOpen: (path: string) => void;
}

export function FileTable({ folder, folders, files, writes, onOpen }: Props) {
  const [deleting, setDeleting] = useState<SharedFile | null>(null);
  return (
    <div className="scroll-x">
      <table className="table file-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Size</th>
            <th scope="col">Version</th>
            <th scope="col">Written</th>
            <th scope="col"><span className="hidden-text">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {folders.map((path) => (
            <tr key={path}>
              <td colSpan={5}>
                <Link to="/files" search={{ folder: path }} className="row entry">
                  <Folder className="icon" aria-hidden /> <span className="cut">{nameIn(path, folder)}</span>
                </Link>
              </td>
            </tr>
          ))}
          {files.map((file) => (
            <FileRow key={file.path} {...{ file, folder, writes, onOpen }} onDelete={() => setDeleting(file)} />
          ))}
        </tbody>
      </table>
      {deleting && <Deleting file={deleting} onClose={() => setDeleting(null)} />}
    </div>
  );
}

interface RowProps {
  file: SharedFile;
  folder: string | undefined;
  writes: boolean;
  onOpen: (path: string) => void;
  onDelete: () => void;
}

function FileRow({ file, folder, writes, onOpen, onDelete }: RowProps) {
  const name = nameIn(file.path, folder);
  return (
    <tr>
      <td>
        <button type="button" className="row entry plain" onClick={() => onOpen(file.path)}>
          <FileIcon className="icon" aria-hidden /> <span className="cut">{name}</span>
          {file.damaged && <span className="tag amber">damaged</span>}
        </button>
      </td>
      <td className="num soft" title={`${count(file.size)} bytes`}>{size(file.size)}</td>
      <td className="num soft">{file.version}</td>
      <td className="soft">
        {file.created_at && <Ago at={file.created_at} />}
        {file.execution_id && <span className="faint"> by a cell</span>}
      </td>
      <td className="ends">
        <Button small kind="quiet" icon={History} aria-label={`Versions of ${name}`} title="Versions" onClick={() => onOpen(file.path)} />
        <a className="button small quiet icon-only" href={fileUrl(file.path)} download aria-label={`Download ${name}`}>
          <Download className="icon" aria-hidden />
        </a>
        {writes && <Button small kind="quiet" icon={Trash2} aria-label={`Delete ${name}`} onClick={onDelete} />}
      </td>
    </tr>
  );
}

function Deleting({ file, onClose }: { file: SharedFile; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      await remove(file.path);
      await queryClient.invalidateQueries({ queryKey: ["files"] });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Confirm open onClose={onClose} title={`Delete ${file.path}?`} verb="Delete file" {...{ busy, error }} onConfirm={() => void go()}>
      Kernels and people do not find it any more. Its {file.version === 1 ? "one version stays" : `${file.version} versions stay`}, and
      each can be restored.
    </Confirm>
  );
}
