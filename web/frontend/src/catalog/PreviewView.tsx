import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { preview as ask, previewHtml, type Place } from "../api/catalog";
import { Grid } from "../grid/Grid";
import { SandboxedHtml } from "../notebook/outputs/HtmlOutput";
import { Failure } from "../parts/Notice";
import { count } from "../words/sizes";
import { readPreview, type Preview } from "./previews";
import { Columns } from "./Columns";

// Made by its publisher's runner; nothing is loaded to show it.
export function PreviewView({ place, version }: { place: Place; version: number }) {
  const queryKey = ["catalog-preview", place.namespace, place.name, version];
  return <PreviewOf queryKey={queryKey} ask={() => ask(place, version)} html={previewHtml(place, version)} />;
}

interface OfProps { queryKey: unknown[]; ask: () => Promise<{ preview: unknown }>; html: string }

// Of whatever was published. `html`: where its own HTML is, if it has some.
export function PreviewOf({ queryKey, ask: askIt, html }: OfProps) {
  const { data, error } = useQuery({ queryKey, queryFn: askIt });
  const preview = useMemo(() => readPreview(data?.preview), [data]);
  if (error) return <Failure error={error} />;
  if (!data) return <div className="skeleton preview-wait" role="status" aria-busy="true" aria-label="Loading the preview" />;
  if (preview === null) return <p className="faint">It was published without a preview.</p>;
  return (
    <div className="preview">
      <Shown preview={preview} html={html} />
      {preview.note && <p className="faint">{preview.note}</p>}
    </div>
  );
}

function Shown({ preview, html }: { preview: Preview; html: string }) {
  switch (preview.kind) {
    case "frame":
      return <Frame preview={preview} />;
    case "array":
      return (
        <dl className="facts-two">
          <dt>Shape</dt><dd className="mono">{preview.shape || "scalar"}</dd>
          <dt>Type of values</dt><dd className="mono">{preview.dtype}</dd>
          {preview.facts.map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
          {preview.sampled !== null && <Fact name="Looked at" value={`${count(preview.sampled)} values`} />}
        </dl>
      );
    case "estimator":
      return (
        <>
          {preview.html && <SandboxedHtml src={html} title="The estimator's own picture" />}
          <Parameters parameters={preview.parameters} />
        </>
      );
    case "image":
      return <img className="picture" src={`data:image/png;base64,${preview.png}`} alt={preview.text || "Picture of the object"} />;
    case "text":
      return <pre className="text log" tabIndex={0}>{preview.text}</pre>;
  }
}

function Frame({ preview }: { preview: Extract<Preview, { kind: "frame" }> }) {
  const rows = preview.rows === null ? "" : `${count(preview.rows)} × `;
  const shown = preview.columns.length < preview.total ? `, the first ${count(preview.columns.length)} shown` : "";
  const of = preview.sampled === null ? "" : `; figures of the first ${count(preview.sampled)} rows`;
  return (
    <>
      <p className="soft num">{`${rows}${count(preview.total)} columns${shown}${of}`}</p>
      <Columns columns={preview.columns} />
      {preview.head && (
        <>
          <h3>First rows</h3>
          <Grid table={preview.head} title="First rows" />
        </>
      )}
    </>
  );
}

function Parameters({ parameters }: { parameters: [string, string][] }) {
  if (parameters.length === 0) return null;
  return (
    <details open>
      <summary className="soft">{count(parameters.length)} parameters</summary>
      <dl className="facts-two parameters">
        {parameters.map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
    </details>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="mono">{value}</dd>
    </>
  );
}
