import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Download, Trash2 } from "lucide-react";
import { useState } from "react";
import { content, lineage as ask, preview, previewHtml, type Artifact, type Lineage as Found, type Where } from "../api/artifacts";
import { ApiError } from "../api/client";
import { NotThere } from "../app/Trouble";
import { useRole } from "../app/queries";
import { PreviewOf } from "../catalog/PreviewView";
import { useFreshList } from "../live/useFreshList";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Copy } from "../parts/Copy";
import { Failure, Notice } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/catalog.css";
import "../styles/outputs.css";
import { count, size } from "../words/sizes";
import { ArtifactLineage } from "./ArtifactLineage";
import { DeleteArtifact } from "./DeleteArtifact";
import { PlaceLink } from "./Place";
import { formatWord, typeWords } from "./search";

export function ArtifactPage() {
  const { flow, name } = useParams({ from: "/inside/artifacts/$flow/$name" });
  useTitle(name);
  useFreshList("artifacts");
  const where = { flow, name };
  const { data, error, refetch } = useQuery({
    queryKey: ["artifacts", "one", flow, name], queryFn: () => ask(where), staleTime: 0,
  });
  const gone = error instanceof ApiError && error.status === 404;
  if (gone && !data) return <NotThere />;
  return (
    <div className="page artifact-page">
      {gone ? (
        <Gone />
      ) : (
        <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      )}
      {!data && !error && <div className="skeleton preview-wait" role="status" aria-busy="true" aria-label="Loading the artifact" />}
      {data && <One key={`${flow}/${name}`} {...{ where, found: data, gone }} />}
    </div>
  );
}

// It was there when the page was opened.
function Gone() {
  return (
    <Notice tone="amber" actions={<Link to="/artifacts" search={{}} className="button small">All artifacts</Link>}>
      This artifact was deleted meanwhile: cells and runs do not see it any more. What the page knew of it is below.
    </Notice>
  );
}

function One({ where, found, gone }: { where: Where; found: Found; gone: boolean }) {
  const { artifact } = found;
  return (
    <article className="stack">
      <Head {...{ where, artifact, gone }} />
      {artifact.damaged && (
        <Notice tone="red">Its bytes are not what was published. Code that reads it gets a ValueError; run its node again.</Notice>
      )}
      <Facts artifact={artifact} />
      <section className="stack small-gap">
        <h2>Preview</h2>
        <PreviewOf
          queryKey={["artifacts", "preview", where.flow, where.name, artifact.execution_id, artifact.sha256]}
          ask={() => preview(where)} html={previewHtml(where)}
        />
      </section>
      <ArtifactLineage found={found} />
    </article>
  );
}

function Head({ where, artifact, gone }: { where: Where; artifact: Artifact; gone: boolean }) {
  const [deleting, setDeleting] = useState(false);
  const changes = useRole() !== "viewer";
  const navigate = useNavigate();
  return (
    <header className="page-head">
      <h1 className="cut">{artifact.name}</h1>
      <span className="tag">{artifact.type_name}</span>
      <span className="grow" />
      {!gone && (
        <span className="row">
          {!artifact.damaged && (
            <a className="button" href={content(where)} download>
              <Download className="icon" aria-hidden /> Download
            </a>
          )}
          {changes && <Button icon={Trash2} kind="danger" onClick={() => setDeleting(true)}>Delete…</Button>}
        </span>
      )}
      {deleting && (
        <DeleteArtifact
          {...{ where, artifact }} onClose={() => setDeleting(false)}
          onGone={() => void navigate({ to: "/artifacts", search: {} })}
        />
      )}
    </header>
  );
}

const SCOPES = {
  run: "by a run: cells and later runs read it until a run publishes it anew",
  cells: "by a cell: cells read it, runs do not",
} as const;

function Facts({ artifact }: { artifact: Artifact }) {
  const call = `flowfile.read_artifact(${JSON.stringify(artifact.name)})`;
  return (
    <dl className="facts-two">
      <dt>Type</dt><dd className="mono">{typeWords(artifact)}</dd>
      <dt>Size</dt><dd title={`${count(artifact.size)} bytes`}>{size(artifact.size)} as {formatWord(artifact.format)}</dd>
      <dt>Belongs to</dt><dd><PlaceLink artifact={artifact} /></dd>
      <dt>Published</dt>
      <dd>{artifact.created_at && <Ago at={artifact.created_at} />}, {SCOPES[artifact.scope === "run" ? "run" : "cells"]}</dd>
      <dt>Read it</dt>
      <dd className="row wrap"><code className="mono">{call}</code> <Copy text={call} kind="quiet" /></dd>
      <dt>SHA-256</dt><dd className="mono digest">{artifact.sha256}</dd>
    </dl>
  );
}
