import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { beginning, type SharedFile } from "../api/files";
import { Grid } from "../grid/Grid";
import { Copy } from "../parts/Copy";
import { Failure } from "../parts/Notice";
import { counted, size } from "../words/sizes";
import { IMAGE_BYTES, kindOf, read, snippetFor, TEXT_BYTES } from "./preview";

// Read by the page, from the file's beginning; nothing on the server looks into it.
export function FilePreview({ file }: { file: SharedFile }) {
  const kind = kindOf(file.path);
  if (file.damaged) return <p className="tone-amber">Its bytes are not what was written: it is not shown. An older version may be whole.</p>;
  if (file.size === 0) return <p className="faint">It is empty.</p>;
  return (
    <div className="preview">
      {kind === "parquet" ? (
        <p className="soft">
          The page does not read Parquet, and nothing on the server opens what others wrote. In a cell this shows the first rows:
        </p>
      ) : (
        <Read file={file} />
      )}
      <Snippet path={file.path} />
    </div>
  );
}

function Snippet({ path }: { path: string }) {
  const code = snippetFor(path);
  return (
    <div className="row snippet">
      <pre className="example mono grow" tabIndex={0}>{code}</pre>
      <Copy text={code} kind="quiet" label="Copy the code" />
    </div>
  );
}

function Read({ file }: { file: SharedFile }) {
  const kind = kindOf(file.path);
  const most = kind === "image" ? IMAGE_BYTES : TEXT_BYTES;
  const { data, error } = useQuery({
    queryKey: ["file-preview", file.path, file.version, file.sha256],
    queryFn: () => beginning(file.path, file.version, file.size, most),
    gcTime: 60_000,
  });
  const shown = useMemo(() => data && read(kind, data.bytes, data.whole), [data, kind]);
  if (error) return <Failure error={error} />;
  if (!data || !shown) return <div className="skeleton preview-wait" role="status" aria-busy="true" aria-label="Loading the preview" />;
  switch (shown.kind) {
    case "table":
      return (
        <>
          <Grid table={shown.table} title="First rows" />
          {!shown.whole && <p className="faint">The first {counted(shown.table.rows.length, "row")} of {size(file.size)}.</p>}
        </>
      );
    case "text":
      return (
        <>
          <pre className="log" tabIndex={0} aria-label="Beginning of the file">{shown.text}</pre>
          {!shown.whole && <p className="faint">The first {size(data.bytes.length)} of {size(file.size)}.</p>}
        </>
      );
    case "image":
      return <Picture bytes={data.bytes} type={shown.type} name={file.path} />;
    case "none":
      return <p className="soft">{shown.why}</p>;
  }
}

function Picture({ bytes, type, name }: { bytes: Uint8Array; type: string; name: string }) {
  const picture = useRef<HTMLImageElement>(null);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes.slice()], { type }));
    if (picture.current) picture.current.src = made;
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  if (broken) return <p className="soft">It is a picture that this browser cannot show: download it.</p>;
  return <img ref={picture} className="picture" alt={`Picture ${name}`} onError={() => setBroken(true)} />;
}
