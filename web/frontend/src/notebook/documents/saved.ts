// Cells that the server keeps, in versions: saved a moment after they change, or when somebody says so.
import { useSyncExternalStore } from "react";
import { CellDocument } from "../cells/document";
import { emptySheet } from "../cells/sheet";
import { contentOf, sheetOf, type Content, type ContentCell, type Saved } from "./content";
import { Drafts } from "./drafts";
import { Saver, type Source } from "./saver";
import type { Saving } from "./saving";

const DRAFT_MS = 300;

export class SavedDocument extends CellDocument {
  private content: Pick<Content, "name" | "kernel">;
  private readonly drafts: Drafts;
  private readonly saver: Saver;
  private channel: BroadcastChannel | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly source: Source, base: Saved) {
    super(sheetOf(base.cells, emptySheet));
    this.content = { name: base.name, kernel: base.kernel };
    this.drafts = new Drafts(source.name);
    this.saver = new Saver(source, {
      mine: () => this.mine, take: (content) => this.take(content), told: () => this.announce(), saved: (version) => this.saved(version),
    }, base);
    const draft = this.drafts.read();
    if (draft) this.saver.takeUp(draft.base, draft.content);
  }

  get name(): string {
    return this.content.name;
  }

  get kernel(): string | null {
    return this.content.kernel;
  }

  get saving(): Saving {
    return this.saver.saving;
  }

  get version(): number {
    return this.saver.base.version;
  }

  get mine(): Content {
    return contentOf(this.current, this.content.name, this.content.kernel);
  }

  get isDirty(): boolean {
    return this.saver.isDirty;
  }

  setName(name: string): void {
    this.content = { ...this.content, name };
    this.changed(true);
  }

  setKernel(kernel: string | null): void {
    this.content = { ...this.content, kernel };
    this.changed(false);
  }

  // Of a version before, as a step that can be taken back.
  replace(cells: readonly ContentCell[]): void {
    this.step(sheetOf(cells, this.current), true);
  }

  save(label?: string): Promise<void> {
    return this.saver.save(label);
  }

  refresh(): Promise<void> {
    return this.saver.refresh();
  }

  decide(mine: boolean): Promise<void> {
    if (!mine) this.remember();
    return this.saver.decide(mine);
  }

  // It was deleted here: nothing is saved of it any more.
  deleted(): void {
    this.saver.end();
    this.drafts.drop(true);
  }

  attach(): () => void {
    this.channel = new BroadcastChannel(`husk.document.${this.source.name}`);
    this.channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "number" && data > this.version) void this.refresh();
    };
    const shown = (): void => void (document.hidden || this.refresh());
    document.addEventListener("visibilitychange", shown);
    window.addEventListener("pagehide", this.keepDraft);
    if (this.saving.state === "dirty") this.saver.changed();
    return () => {
      this.channel?.close();
      this.channel = null;
      document.removeEventListener("visibilitychange", shown);
      window.removeEventListener("pagehide", this.keepDraft);
      this.keepDraft();
      this.saver.stop();
      if (this.saving.state === "dirty" && this.source.autosaves) void this.save();
    };
  }

  protected changed(later: boolean): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.keepDraft, later ? DRAFT_MS : 0);
    this.saver.changed();
  }

  private saved(version: number): void {
    this.keepDraft();
    this.channel?.postMessage(version);
  }

  private take(content: Content): void {
    this.content = { name: content.name, kernel: content.kernel };
    this.show(sheetOf(content.cells, this.current));
  }

  private readonly keepDraft = (): void => {
    clearTimeout(this.timer);
    if (this.saving.state === "gone") return;
    if (this.isDirty) this.drafts.keep(this.saver.base, this.mine);
    else this.drafts.drop();
  };
}

export function useSaving(document: SavedDocument): Saving {
  return useSyncExternalStore(document.watch, () => document.saving);
}

// Its name and its kernel, as they are while somebody changes them.
export function useNamed(document: SavedDocument): { name: string; kernel: string | null } {
  const name = useSyncExternalStore(document.watch, () => document.name);
  const kernel = useSyncExternalStore(document.watch, () => document.kernel);
  return { name, kernel };
}
