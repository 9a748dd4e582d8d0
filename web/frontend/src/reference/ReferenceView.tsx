import { CornerDownLeft } from "lucide-react";
import { useMemo, useState } from "react";
import { Button } from "../parts/Button";
import "../styles/reference.css";
import source from "./flowfile.md?raw";
import { matching, parse, type Block, type Call, type Section, type Span } from "./parse";

type Insert = (code: string) => void;
interface Props { onInsert?: Insert | undefined }

// What code in cells may call, from the module's own words. Its examples go into the cells.
export function ReferenceView({ onInsert }: Props) {
  const sections = useMemo(() => parse(source), []);
  const [search, setSearch] = useState("");
  const found = matching(sections, search);
  return (
    <div className="reference">
      <input
        className="input" type="search" placeholder="Find a call" aria-label="Find a call" value={search}
        // It was opened to find something.
        autoFocus onChange={(event) => setSearch(event.target.value)}
      />
      {found.length === 0 && <p className="faint">No call is like this.</p>}
      {found.map((section) => <Part key={section.title} {...{ section, onInsert }} open={search.trim() !== ""} />)}
    </div>
  );
}

function Part({ section, open, onInsert }: Props & { section: Section; open: boolean }) {
  return (
    <section>
      <h3>{section.title}</h3>
      {section.blocks.map((block, index) => <Shown key={index} {...{ block, onInsert }} />)}
      {section.calls.map((call) => <OneCall key={`${call.name} ${open}`} {...{ call, open, onInsert }} />)}
    </section>
  );
}

function OneCall({ call, open, onInsert }: Props & { call: Call; open: boolean }) {
  const [first, ...rest] = call.blocks;
  return (
    <details open={open}>
      <summary>
        <code>{call.name}</code> {first?.kind === "text" && <span className="soft"><Spans spans={first.spans} /></span>}
      </summary>
      {call.signature && <pre className="log" tabIndex={0} aria-label={`Signature of ${call.name}`}>{call.signature}</pre>}
      {(first?.kind === "text" ? rest : call.blocks).map((block, index) => <Shown key={index} {...{ block, onInsert }} of={call.name} />)}
    </details>
  );
}

function Shown({ block, of, onInsert }: Props & { block: Block; of?: string }) {
  if (block.kind === "code") return <Example code={block.text} {...{ of, onInsert }} />;
  if (block.kind === "text") return <p><Spans spans={block.spans} /></p>;
  return <ul>{block.items.map((spans, index) => <li key={index}><Spans spans={spans} /></li>)}</ul>;
}

function Example({ code, of, onInsert }: Props & { code: string; of: string | undefined }) {
  return (
    <div className="example">
      <pre className="log" tabIndex={0} aria-label={of ? `Example of ${of}` : "Example"}>{code}</pre>
      {onInsert && (
        <Button small icon={CornerDownLeft} aria-label={of ? `Insert the example of ${of}` : "Insert the example"} onClick={() => onInsert(code)}>
          Insert
        </Button>
      )}
    </div>
  );
}

function Spans({ spans }: { spans: Span[] }) {
  return spans.map((span, index) =>
    span.as === "code" ? <code key={index}>{span.text}</code> : span.as === "emphasis" ? <strong key={index}>{span.text}</strong> : span.text,
  );
}
