import { useMemo, useState } from "react";
import type { CellError } from "../../live/events";
import { counted } from "../../words/sizes";
import type { Block } from "../runs/output";
import type { Bar, Run } from "../runs/run";
import { TextBuffer } from "../runs/text";
import { DisplayOutput } from "./DisplayOutput";
import { useKeptHeight } from "./keptHeight";
import { Logs } from "./Logs";
import { Lost } from "./Lost";
import { PublishedOutput } from "./PublishedOutput";
import { TextOutput } from "./TextOutput";

const MOST_BLOCKS = 60;

export function Outputs({ run, version }: { run: Run; version: number }) {
  const [all, setAll] = useState(false);
  const { blocks } = run.output;
  const shown = all ? blocks : blocks.slice(0, MOST_BLOCKS);
  const place = useKeptHeight(run.ended);
  return (
    <div className="output-list" ref={place}>
      {shown.map((block) => (
        <BlockOutput key={block.key} run={run.id} block={block} version={version} />
      ))}
      {shown.length < blocks.length && (
        <button type="button" className="fold" onClick={() => setAll(true)}>
          {counted(blocks.length - shown.length, "more output")}
        </button>
      )}
      {[...run.bars].map(([id, bar]) => (
        <ProgressBar key={id} bar={bar} />
      ))}
      {run.truncated.map((lost) => (
        <Lost key={lost.name} run={run.id} lost={lost} />
      ))}
      {run.published.length > 0 && <PublishedOutput list={run.published} />}
      {run.logs.length > 0 && <Logs logs={run.logs} />}
      {run.error && <ErrorOutput error={run.error} />}
    </div>
  );
}

function BlockOutput({ run, block, version }: { run: string; block: Block; version: number }) {
  if (block.kind === "text") return <TextOutput text={block.text} version={version} />;
  if (block.kind === "skipped") return <p className="faint output-skipped">⋯ {block.words}</p>;
  return <DisplayOutput run={run} id={block.id} title={block.title} data={block.data} />;
}

function ProgressBar({ bar }: { bar: Bar }) {
  const part = bar.total ? Math.min(1, bar.done / bar.total) : null;
  const words = bar.total ? `${bar.done} of ${bar.total}` : String(bar.done);
  return (
    <div className="row progress">
      {bar.label && <span>{bar.label}</span>}
      <progress aria-label={bar.label || "Progress"} {...(part !== null && { value: part, max: 1 })} />
      <span className="mono num faint">
        {words}
        {part !== null && `, ${Math.floor(part * 100)} %`}
      </span>
    </div>
  );
}

function ErrorOutput({ error }: { error: CellError }) {
  const text = useMemo(() => {
    const buffer = new TextBuffer();
    buffer.append(error.traceback.join("\n"), false);
    return buffer;
  }, [error]);
  return (
    <div className="trouble" role="group" aria-label="Error">
      <p className="first mono">
        <strong>{error.type}</strong>
        {error.message && `: ${error.message}`}
      </p>
      {text.length > 0 && <TextOutput text={text} version={0} />}
    </div>
  );
}
