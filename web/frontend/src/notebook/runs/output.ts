// What a cell has put out, in the order of writing.
import type { Bundle, OutputItem } from "../../live/events";
import { size } from "../../words/sizes";
import { TextBuffer } from "./text";

export type Block =
  | { kind: "text"; key: number; text: TextBuffer }
  | { kind: "skipped"; key: number; words: string }
  | { kind: "display"; key: number; id: string; title: string; data: Bundle };

export class Output {
  blocks: Block[] = [];
  private clearNext = false;
  private keys = 0;

  static of(items: readonly OutputItem[]): Output {
    const made = new Output();
    for (const item of items) made.item(item);
    return made;
  }

  stream(name: string, text: string, skipped: number): void {
    this.clearIfDue();
    if (skipped > 0) this.skip(`${size(skipped)} of ${name} are not shown here`);
    if (text === "") return;
    const last = this.blocks.at(-1);
    const buffer = last?.kind === "text" ? last.text : this.newText();
    buffer.append(text, name === "stderr");
  }

  display(id: string, title: string, data: Bundle): void {
    this.clearIfDue();
    this.blocks.push({ kind: "display", key: this.keys++, id, title, data });
  }

  update(id: string, title: string, data: Bundle): void {
    this.blocks = this.blocks.map((block) =>
      block.kind === "display" && block.id === id ? { ...block, title, data } : block,
    );
  }

  clear(wait: boolean): void {
    this.clearNext = wait;
    if (!wait) this.blocks = [];
  }

  private item(item: OutputItem): void {
    if (item.kind === "stream") this.stream(item.name ?? "stdout", item.text ?? "", 0);
    else if (item.kind === "display") this.display(item.display_id ?? "", item.title ?? "", item.data ?? {});
    else this.skip(item.text ?? "");
  }

  private skip(words: string): void {
    this.blocks.push({ kind: "skipped", key: this.keys++, words });
  }

  private newText(): TextBuffer {
    const text = new TextBuffer();
    this.blocks.push({ kind: "text", key: this.keys++, text });
    return text;
  }

  private clearIfDue(): void {
    if (this.clearNext) this.blocks = [];
    this.clearNext = false;
  }
}
