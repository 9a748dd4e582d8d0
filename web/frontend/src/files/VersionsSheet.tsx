import { useQuery } from "@tanstack/react-query";
import { Download, History } from "lucide-react";
import { useState } from "react";
import { fileUrl, restore, versions, type SharedFile } from "../api/files";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { count, counted, size } from "../words/sizes";

export function VersionsSheet({ path, writes, onClose }: { path: string; writes: boolean; onClose: () => void }) {
  const { data, error } = useQuery({ queryKey: ["files", "versions", path], queryFn: () => versions(path), staleTime: 0 });
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState<number | null>(null);
  const back = async (version: number): Promise<void> => {
    setBusy(version);
    setFailure(null);
    await restore(path, version).catch(setFailure);
    await queryClient.invalidateQueries({ queryKey: ["files"] });
    setBusy(null);
  };
  const list = data?.items ?? [];
  return (
    <Sheet open onClose={onClose} title={path.slice(path.lastIndexOf("/") + 1)} about={path}>
      <div className="content">
        <Failure error={error ?? failure} />
        {!data && !error && <div className="skeleton files-wait" aria-busy="true" />}
        {data && <p className="soft">{counted(list.length, "version")}; each write keeps what was there.</p>}
        <ol className="versions" aria-label="Versions">
          {list.map((version, index) => (
            <li key={version.version}>
              <Version {...{ version, path }} />
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
      </div>
    </Sheet>
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
