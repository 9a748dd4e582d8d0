import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { Fragment, useRef, useState, type DragEvent } from "react";
import { folder as askFolder } from "../api/files";
import { useRole } from "../app/queries";
import { useFreshList } from "../live/useFreshList";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/files.css";
import { FileTable } from "./FileTable";
import { trail } from "./search";
import { UploadList } from "./UploadList";
import { uploads } from "./uploads";
import { VersionsSheet } from "./VersionsSheet";

export function FilesPage() {
  useTitle("Files");
  useFreshList("files");
  const { folder, file, version } = useSearch({ from: "/inside/files" });
  const navigate = useNavigate();
  const writes = useRole() !== "viewer";
  const open = (path: string | undefined, version?: number): void =>
    void navigate({ to: "/files", search: { folder, file: path, version } });
  return (
    <Drop enabled={writes} folder={folder ?? ""}>
      <div className="page-head">
        <h1>Files</h1>
        <Way folder={folder} />
        <span className="grow" />
        {writes && <UploadButton folder={folder ?? ""} />}
      </div>
      <UploadList />
      <Listing key={folder ?? ""} {...{ folder, writes }} onOpen={open} />
      {file !== undefined && (
        <VersionsSheet
          key={file} path={file} version={version} writes={writes} onVersion={(one) => open(file, one)} onClose={() => open(undefined)}
        />
      )}
    </Drop>
  );
}

interface ListingProps { folder: string | undefined; writes: boolean; onOpen: (path: string) => void }

function Listing({ folder, writes, onOpen }: ListingProps) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["files", "folder", folder ?? ""],
    queryFn: ({ pageParam }) => askFolder(folder ?? "", pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
  });
  const folders = data?.pages.flatMap((page) => page.folders) ?? [];
  const files = data?.pages.flatMap((page) => page.items) ?? [];
  const empty = folders.length + files.length === 0;
  return (
    <>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton files-wait" role="status" aria-busy="true" aria-label="Loading files" />}
      {data && empty && (folder ? <EmptyFolder folder={folder} /> : <Empty writes={writes} />)}
      {!empty && <FileTable {...{ folder, folders, files, writes, onOpen }} />}
      {hasNextPage && (
        <div className="more">
          <Button busy={isFetching} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function Way({ folder }: { folder: string | undefined }) {
  const steps = trail(folder);
  return (
    <nav className="way" aria-label="Folder">
      {steps.map((step, index) => (
        <Fragment key={step.folder ?? ""}>
          {index > 0 && <span className="faint" aria-hidden>/</span>}
          {index === steps.length - 1 ? (
            <span aria-current="page" className="cut">{step.word}</span>
          ) : (
            <Link to="/files" search={{ folder: step.folder }} className="link">{step.word}</Link>
          )}
        </Fragment>
      ))}
    </nav>
  );
}

function UploadButton({ folder }: { folder: string }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input} type="file" multiple hidden aria-label="Files to upload"
        onChange={(event) => {
          uploads.add(folder, event.target.files ?? []);
          event.target.value = "";
        }}
      />
      <Button kind="primary" icon={Upload} onClick={() => input.current?.click()}>
        Upload files
      </Button>
    </>
  );
}

// Files that are dropped anywhere on the page go into the folder that is shown.
function Drop({ enabled, folder, children }: { enabled: boolean; folder: string; children: React.ReactNode }) {
  const [over, setOver] = useState(false);
  const holdsFiles = (event: DragEvent): boolean => enabled && event.dataTransfer.types.includes("Files");
  return (
    <div
      className={`page files-page ${over ? "over" : ""}`}
      onDragOver={(event) => holdsFiles(event) && (event.preventDefault(), setOver(true))}
      onDragLeave={(event) => event.currentTarget === event.target && setOver(false)}
      onDrop={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setOver(false);
        uploads.add(folder, event.dataTransfer.files);
      }}
    >
      {children}
      {over && <p className="drop-here" role="status">Drop to upload into {folder || "the top folder"}</p>}
    </div>
  );
}

function EmptyFolder({ folder }: { folder: string }) {
  return <p className="faint nothing">Nothing is in {folder} any more. Deleted files can be restored from the command line: <code>husk files versions PATH</code>.</p>;
}

function Empty({ writes }: { writes: boolean }) {
  return (
    <div className="empty">
      <h2>No shared file yet</h2>
      <p className="prose">
        Every kernel of yours sees the same files, under the same names; each write keeps what was there before as an older
        version. {writes ? "Upload some, drop them here, or write one from a cell:" : "Your account only reads."}
      </p>
      <pre className="example" tabIndex={0}>
        {"path = flowfile.get_shared_location(\"reports/monthly.csv\")\ndf.write_csv(path)"}
      </pre>
      <p className="soft">The same from a terminal:</p>
      <pre className="example" tabIndex={0}>{"husk files put monthly.csv reports/monthly.csv"}</pre>
    </div>
  );
}
