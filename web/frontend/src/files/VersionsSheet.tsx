import { useQuery } from "@tanstack/react-query";
import { Download, Eye, History } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../api/client";
import { fileUrl, restore, versions, type SharedFile } from "../api/files";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import "../styles/catalog.css";
import "../styles/outputs.css";
import { count, counted, size } from "../words/sizes";
import { FilePreview } from "./FilePreview";

interface Props {
  path: string;
  // Which version is looked at; none: the latest.
  version: number | undefined;
  writes: boolean;
  onVersion: (version: number | undefined) => void;
  onClose: () => void;
}

export function VersionsSheet({ path, version, writes, onVersion, onClose }: Props) {
  const { data, error } = useQuery({ queryKey: ["files", "versions", path], queryFn: () => versions(path), staleTime: 0 });
  const list = data?.items ?? [];
  const shown = version === undefined ? list[0] : list.find((one) => one.version === version);
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <Sheet open wide onClose={onClose} title={path.slice(path.lastIndexOf("/") + 1)} about={path}>
      <div className="content">
        {gone ? <p className="soft">There is no such file.</p> : <Failure error={error} />}
        {!data && !error && <div className="skeleton files-wait" aria-busy="true" />}
        {data && <Looked {...{ version, shown }} />}
        {data && <Versions {...{ path, list, shown, writes, onVersion }} />}
      </div>
    </Sheet>
  );
}

function Looked({ version, shown }: { version: number | undefined; shown: SharedFile | undefined }) {
  return (
    <section className="stack small-gap" aria-label="Preview">
      <h3>{version === undefined ? "Preview" : `Preview of version ${version}`}</h3>
      {shown === undefined && <p className="soft">There is no version {version}.</p>}
      {shown?.deleted && <p className="soft">The file was deleted. Its versions stay: look at one, or restore it.</p>}
      {shown && !shown.deleted && <FilePreview key={shown.version} file={shown} />}
    </section>
  );
}

interface VersionsProps {
  path: string; list: SharedFile[]; shown: SharedFile | undefined; writes: boolean; onVersion: (version: number | undefined) => void;
}

function Versions({ path, list, shown, writes, onVersion }: VersionsProps) {
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState<number | null>(null);
  const back = async (version: number): Promise<void> => {
    setBusy(version);
    setFailure(null);
    await restore(path, version).then(() => onVersion(undefined), setFailure);
    await queryClient.invalidateQueries({ queryKey: ["files"] });
    setBusy(null);
  };
  return (
    <section className="stack small-gap">
      <h3>{counted(list.length, "version")}; each write keeps what was there</h3>
      <Failure error={failure} />
      <ol className="versions" aria-label="Versions">
        {list.map((version, index) => (
          <li key={version.version} aria-current={version === shown ? "true" : undefined}>
            <Version {...{ version, path }} />
            {!version.deleted && version !== shown && (
              <Button
                small kind="quiet" icon={Eye} aria-label={`Look at version ${version.version}`}
                onClick={() => onVersion(index === 0 ? undefined : version.version)}
              />
            )}
            {writes && index > 0 && !version.deleted && !version.damaged && (
              <Button
                small icon={History} busy={busy === version.version} aria-label={`Restore version ${version.version}`}
                onClick={() => void back(version.version)}
              >
                Restore
              </Button>
            )}
            {!version.deleted && (
              <a
                className="button small quiet icon-only" href={fileUrl(path, version.version)} download
                aria-label={`Download version ${version.version}`}
              >
                <Download className="icon" aria-hidden />
              </a>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Version({ version }: { version: SharedFile }) {
  return (
    <div className="grow">
      <div className="row">
        <strong className="num">{version.version}</strong>
        {version.deleted ? (
          <span className="tag">deleted</span>
        ) : (
          <span className="num" title={`${count(version.size)} bytes`}>{size(version.size)}</span>
        )}
        {version.damaged && <span className="tag amber">damaged</span>}
        <span className="soft">{version.created_at && <Ago at={version.created_at} />}</span>
      </div>
      <div className="faint mono digest cut" title={version.sha256 && `SHA-256 ${version.sha256}`}>
        {version.execution_id ? `by cell ${version.execution_id}` : version.deleted ? "" : version.sha256.slice(0, 16)}
      </div>
    </div>
  );
}
