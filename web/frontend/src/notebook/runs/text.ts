// Text of a cell as lines: what a terminal would show of it, bounded, with colours carried over lines.

const ESCAPE = "\u001b";
const SGR = /\u001b\[([\d;]*)m/g;
const LONGEST_PREFIX = 200;
const KEPT_HEAD = 20_000;
const KEPT_LINES = 120_000;
const SLACK = 20_000;
const MOST_CHARACTERS = 8 * 1024 * 1024;

export interface Line { text: string; error: boolean }

export class TextBuffer {
  private readonly texts: string[] = [];
  private readonly prefixes: string[] = [];
  private readonly errors: boolean[] = [];
  // Column that the next text overwrites from, after a carriage return; null: the end.
  private cursor: number | null = null;
  private characters = 0;
  private ended = true;
  dropped = 0;

  // Unbounded where somebody asked for all of a text that has ended.
  constructor(private readonly bounded = true) {}

  append(text: string, error: boolean): void {
    if (text === "") return;
    if (this.ended || this.errors.at(-1) !== error) this.begin(error);
    const pieces = text.split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      this.write(piece);
      this.begin(error);
    }
    this.write(last);
    // The empty line after a final newline is there only when something is written to it.
    this.ended = last === "" && this.cursor === null && this.texts.at(-1) === "";
    if (this.ended) this.drop();
    this.bound();
  }

  get length(): number {
    return this.texts.length;
  }

  line(index: number): Line {
    return { text: (this.prefixes[index] ?? "") + (this.texts[index] ?? ""), error: this.errors[index] ?? false };
  }

  slice(from: number, to: number): Line[] {
    const found: Line[] = [];
    for (let index = from; index < Math.min(to, this.length); index += 1) found.push(this.line(index));
    return found;
  }

  plain(): string {
    return this.texts.join("\n").replace(SGR, "");
  }

  private begin(error: boolean): void {
    const last = this.texts.length - 1;
    const prefix = last < 0 ? "" : coloursAfter(this.prefixes[last] ?? "", this.texts[last] ?? "");
    this.texts.push("");
    this.prefixes.push(this.errors[last] === error ? prefix : "");
    this.errors.push(error);
    this.cursor = null;
    this.ended = false;
  }

  private drop(): void {
    this.texts.pop();
    this.prefixes.pop();
    this.errors.pop();
  }

  private write(piece: string): void {
    if (piece === "") return;
    this.characters += piece.length;
    const last = this.texts.length - 1;
    let line = this.texts[last] ?? "";
    const parts = piece.split("\r");
    parts.forEach((part, index) => {
      if (index > 0) this.cursor = 0;
      line = this.place(line, part);
    });
    this.texts[last] = line;
  }

  private place(line: string, part: string): string {
    if (part === "") return line;
    if (this.cursor === null) return line + part;
    const from = this.cursor;
    // Widths of coloured text are not known here: what stood behind goes.
    const rest = part.includes(ESCAPE) || line.includes(ESCAPE) ? "" : line.slice(from + part.length);
    this.cursor = rest === "" ? null : from + part.length;
    return line.slice(0, from) + part + rest;
  }

  private bound(): void {
    if (!this.bounded) return;
    const tooMany = this.length > KEPT_LINES + SLACK;
    if (!tooMany && this.characters < MOST_CHARACTERS) return;
    const head = tooMany ? KEPT_HEAD : Math.floor(this.length / 4);
    const away = tooMany ? this.length - KEPT_LINES : Math.floor(this.length / 4);
    if (away < 1) return;
    for (const list of [this.texts, this.prefixes, this.errors]) list.splice(head, away);
    this.dropped += away;
    this.characters = this.texts.reduce((sum, text) => sum + text.length, 0);
  }
}

export function coloursAfter(prefix: string, text: string): string {
  if (!text.includes(ESCAPE)) return prefix;
  let colours = prefix;
  for (const [whole, codes = ""] of text.matchAll(SGR)) {
    const resets = codes === "" || /^0+(;|$)/.test(codes);
    colours = resets ? (/^0*$/.test(codes) ? "" : whole) : colours + whole;
  }
  return colours.length > LONGEST_PREFIX ? "" : colours;
}
