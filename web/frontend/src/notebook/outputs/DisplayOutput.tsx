import { useMemo, type ReactNode } from "react";
import type { Bundle, Content } from "../../live/events";
import { Grid } from "../../grid/Grid";
import { heightOf } from "../../grid/heights";
import { readTable } from "../../grid/table";
import { Failure } from "../../parts/Notice";
import { TextBuffer } from "../runs/text";
import { asText, choose, isReference, useContent, useImageUrl, type Shown } from "./content";
import { HtmlOutput } from "./HtmlOutput";
import { Later } from "./Later";
import { PlotlyOutput } from "./PlotlyOutput";
import { TextOutput } from "./TextOutput";

interface Props { run: string; id: string; title: string; data: Bundle }

export function DisplayOutput({ run, id, title, data }: Props) {
  const shown = choose(data);
  return (
    <figure className="display">
      {title && <figcaption>{title}</figcaption>}
      {shown === null ? (
        <p className="faint">This page cannot show {Object.keys(data).join(", ") || "an empty display"}.</p>
      ) : (
        <InTime shown={shown}>{() => <Body run={run} id={id} title={title} shown={shown} alt={data["text/plain"]} />}</InTime>
      )}
    </figure>
  );
}

// About as high as they will be.
const HEIGHTS: Partial<Record<Shown["as"], number>> = { table: 434, plotly: 400, image: 400 };

// At once where it is here and cheap. HTML is its frame's own matter.
function InTime({ shown, children }: { shown: Shown; children: () => ReactNode }) {
  const { as, content } = shown;
  const bytes = isReference(content) ? content.size : 0;
  const costs = as === "plotly" || as === "table" || bytes > 0;
  if (as === "html" || !costs) return children();
  const height = as === "table" && bytes === 0 ? heightOf(content) : (HEIGHTS[as] ?? 160);
  return <Later bytes={bytes} height={height}>{children}</Later>;
}

interface BodyProps { run: string; id: string; title: string; shown: Shown; alt: Content | undefined }

function Body({ run, id, title, shown, alt }: BodyProps) {
  switch (shown.as) {
    case "image":
      return <Picture run={run} shown={shown} alt={title || (typeof alt === "string" ? alt : "Picture made by the cell")} />;
    case "plotly":
      return <PlotlyOutput run={run} content={shown.content} title={title} instead={typeof alt === "string" ? alt : ""} />;
    case "html":
      return <HtmlOutput run={run} id={id} title={title} />;
    case "table":
      return <Table run={run} content={shown.content} title={title} />;
    case "text":
      return <Plain run={run} content={shown.content} />;
  }
}

function Picture({ run, shown, alt }: { run: string; shown: Shown; alt: string }) {
  const { url, error } = useImageUrl(run, shown.mime, shown.content);
  if (error) return <Failure error={error} />;
  return url === null ? <div className="skeleton picture-wait" /> : <img className="picture" src={url} alt={alt} />;
}

function Table({ run, content, title }: { run: string; content: Content; title: string }) {
  const { value, error } = useContent(run, content);
  const table = useMemo(() => (value === undefined ? null : readTable(value)), [value]);
  if (error) return <Failure error={error} />;
  if (value === undefined) return <div className="skeleton picture-wait" />;
  return table ? <Grid table={table} title={title} /> : <Plain run={run} content={value} />;
}

function Plain({ run, content }: { run: string; content: Content }) {
  const { value, error } = useContent(run, content);
  const text = useMemo(() => {
    const buffer = new TextBuffer();
    buffer.append(value === undefined ? "" : asText(value), false);
    return buffer;
  }, [value]);
  return error ? <Failure error={error} /> : <TextOutput text={text} version={0} />;
}
