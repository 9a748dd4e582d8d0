// Server-sent events from text that comes in pieces of any size.

export interface Frame { id: string | null; event: string; data: string }

export class SseParser {
  private rest = "";

  push(chunk: string): Frame[] {
    const blocks = (this.rest + chunk).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(parseBlock).filter((frame) => frame !== null);
  }
}

function parseBlock(block: string): Frame | null {
  let id: string | null = null;
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    const name = line.slice(0, colon);
    if (name === "data") data.push(value);
    else if (name === "id") id = value;
    else if (name === "event") event = value;
  }
  return data.length > 0 ? { id, event, data: data.join("\n") } : null;
}

export type Positions = Map<string, string>;

// The server's cursor: `<uid>:<stream id>`, joined by commas.
export function readCursor(text: string, into: Positions): void {
  for (const part of text.split(",")) {
    const colon = part.indexOf(":");
    if (colon > 0) into.set(part.slice(0, colon), part.slice(colon + 1));
  }
}

export function showCursor(positions: Positions): string {
  return [...positions].map(([uid, at]) => `${uid}:${at}`).join(",");
}

const KERNEL = /"kernel_id":"([^"]+)"/;

// Without parsing the whole: a worker only needs to know whom a frame is for.
export function kernelOf(data: string): string | null {
  return KERNEL.exec(data.slice(0, 400))?.[1] ?? null;
}

const RUN = /"run_id":"([^"]+)"/;

export function runOf(data: string): string | null {
  return RUN.exec(data.slice(0, 400))?.[1] ?? null;
}
