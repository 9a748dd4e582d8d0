// The reference of `flowfile` out of its page of the documents: the Markdown that its generator writes. Pure.

export type Span = { text: string; as: "plain" | "code" | "emphasis" };
export type Block =
  | { kind: "text"; spans: Span[] }
  | { kind: "list"; items: Span[][] }
  | { kind: "code"; text: string };
export interface Call { name: string; signature: string; blocks: Block[] }
export interface Section { title: string; blocks: Block[]; calls: Call[] }

export function parse(source: string): Section[] {
  const sections: Section[] = [];
  for (const part of split(source, /^## (.+)$/)) {
    const [about, ...calls] = split(part.body, /^### (.+)$/, true);
    sections.push({ title: part.title, blocks: blocksIn(about?.body ?? ""), calls: calls.map(callIn) });
  }
  return sections;
}

interface Part { title: string; body: string }

// Parts by their headings; `first`: also what comes before the first one.
function split(source: string, heading: RegExp, first = false): Part[] {
  const parts: Part[] = [{ title: "", body: "" }];
  let fenced = false;
  for (const line of source.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    const title = fenced ? null : heading.exec(line)?.[1];
    const last = parts[parts.length - 1];
    if (title) parts.push({ title, body: "" });
    else if (last) last.body += `${line}\n`;
  }
  return first ? parts : parts.slice(1);
}

function callIn({ title, body }: Part): Call {
  const blocks = blocksIn(body);
  const [first] = blocks;
  if (first?.kind !== "code") return { name: title, signature: "", blocks };
  return { name: title, signature: first.text, blocks: blocks.slice(1) };
}

export function blocksIn(source: string): Block[] {
  const blocks: Block[] = [];
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const end = endOf(lines, at);
    const here = lines.slice(at, end);
    if (line.startsWith("```")) blocks.push({ kind: "code", text: here.slice(1).join("\n") });
    else if (line.startsWith("* ")) blocks.push({ kind: "list", items: itemsIn(here) });
    else if (line.trim() !== "" && !line.startsWith("|")) blocks.push({ kind: "text", spans: spansIn(here.join(" ")) });
    at = line.startsWith("```") ? end + 1 : end;
  }
  return blocks;
}

// The line behind a block: a fence ends at the next, anything else at an empty line.
function endOf(lines: string[], at: number): number {
  const fenced = lines[at]?.startsWith("```") === true;
  let end = at + 1;
  while (end < lines.length && !(fenced ? lines[end]?.startsWith("```") : lines[end]?.trim() === "" || lines[at]?.trim() === "")) end += 1;
  return end;
}

function itemsIn(lines: string[]): Span[][] {
  const items: string[] = [];
  for (const line of lines) {
    if (line.startsWith("* ")) items.push(line.slice(2));
    else if (items.length > 0) items[items.length - 1] += ` ${line.trim()}`;
  }
  return items.map(spansIn);
}

const SPAN = /`([^`]+)`|\*([^*]+)\*|\[([^\]]+)\]\([^)]*\)/g;

export function spansIn(text: string): Span[] {
  const spans: Span[] = [];
  let at = 0;
  const add = (piece: string, as: Span["as"]): void => void (piece !== "" && spans.push({ text: piece, as }));
  for (const found of text.matchAll(SPAN)) {
    add(text.slice(at, found.index), "plain");
    if (found[1] !== undefined) add(found[1], "code");
    else if (found[2] !== undefined) add(found[2], "emphasis");
    else for (const span of spansIn(found[3] ?? "")) spans.push(span);
    at = found.index + found[0].length;
  }
  add(text.slice(at), "plain");
  return spans;
}

// Sections with the calls that hold every word; a section whose title does, whole.
export function matching(sections: Section[], search: string): Section[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  return sections
    .map((section) => (holds(section.title) ? section : { ...section, calls: section.calls.filter((call) => holds(textOf(call))) }))
    .filter((section) => section.calls.length > 0 || holds(section.title));
}

function textOf(call: Call): string {
  return [call.name, call.signature, ...call.blocks.map(words)].join(" ");
}

function words(block: Block): string {
  if (block.kind === "code") return block.text;
  const spans = block.kind === "text" ? block.spans : block.items.flat();
  return spans.map((span) => span.text).join("");
}
