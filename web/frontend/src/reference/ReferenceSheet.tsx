import { useMemo, useState } from "react";
import { Sheet } from "../parts/Sheet";
import "../styles/reference.css";
import source from "./flowfile.md?raw";
import { matching, parse, type Block, type Call, type Section, type Span } from "./parse";

// What code in cells may call, from the module's own words.
export function ReferenceSheet({ onClose }: { onClose: () => void }) {
  const sections = useMemo(() => parse(source), []);
  const [search, setSearch] = useState("");
  const found = matching(sections, search);
  return (
    <Sheet open wide onClose={onClose} title="flowfile" about="There in every cell, without an import.">
      <div className="content reference">
        <input
          className="input" type="search" placeholder="Find a call" aria-label="Find a call" value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {found.length === 0 && <p className="faint">No call is like this.</p>}
        {found.map((section) => (
          <Part key={section.title} section={section} open={search.trim() !== ""} />
        ))}
      </div>
    </Sheet>
  );
}

function Part({ section, open }: { section: Section; open: boolean }) {
  return (
    <section>
      <h3>{section.title}</h3>
      {section.blocks.map((block, index) => (
        <Shown key={index} block={block} />
      ))}
      {section.calls.map((call) => (
        <OneCall key={`${call.name} ${open}`} call={call} open={open} />
      ))}
    </section>
  );
}

function OneCall({ call, open }: { call: Call; open: boolean }) {
  const [first, ...rest] = call.blocks;
  return (
    <details open={open}>
      <summary>
        <code>{call.name}</code> {first?.kind === "text" && <span className="soft"><Spans spans={first.spans} /></span>}
      </summary>
      {call.signature && <pre className="log" tabIndex={0}>{call.signature}</pre>}
      {(first?.kind === "text" ? rest : call.blocks).map((block, index) => (
        <Shown key={index} block={block} />
      ))}
    </details>
  );
}

function Shown({ block }: { block: Block }) {
  if (block.kind === "code") return <pre className="log" tabIndex={0}>{block.text}</pre>;
  if (block.kind === "text") return <p><Spans spans={block.spans} /></p>;
  return (
    <ul>
      {block.items.map((spans, index) => (
        <li key={index}><Spans spans={spans} /></li>
      ))}
    </ul>
  );
}

function Spans({ spans }: { spans: Span[] }) {
  return spans.map((span, index) =>
    span.as === "code" ? <code key={index}>{span.text}</code> : span.as === "emphasis" ? <strong key={index}>{span.text}</strong> : span.text,
  );
}
