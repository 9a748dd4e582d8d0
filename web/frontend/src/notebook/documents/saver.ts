// Saves a document and takes over what others saved, by versions: nobody's change is overwritten unasked.
import { sameContent, type Content, type Saved } from "./content";
import { merge } from "./merge";
import { isGone, isLost, isPassing, waitBefore, type Saving } from "./saving";

export interface Source {
  // Names the document, in this browser and between its tabs.
  readonly name: string;
  readonly autosaves: boolean;
  load(): Promise<Saved>;
  // `base`: what was changed; it fails with 409 if that is not the newest any more.
  save(content: Content, base: Saved, label?: string): Promise<Saved>;
}

// What is saved: it may change while that goes on.
export interface Saveable {
  mine(): Content;
  take(content: Content): void;
  told(): void;
  saved(version: number): void;
}

const AUTOSAVE_MS = 1500;
const MOST_MERGES = 3;

export class Saver {
  saving: Saving;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private underWay: Promise<void> | null = null;

  constructor(private readonly source: Source, private readonly of: Saveable, public base: Saved) {
    this.saving = { state: "saved", at: base.at, merged: false };
  }

  get isDirty(): boolean {
    return !sameContent(this.of.mine(), this.base);
  }

  // Something is different: it is saved soon, if it is to be saved by itself.
  changed(): void {
    if (this.saving.state === "clash" || this.saving.state === "gone" || this.underWay) return this.of.told();
    if (!this.isDirty) return this.tell(this.asSaved());
    if (this.saving.state === "waiting") return this.of.told();
    this.tell({ state: "dirty" });
    if (this.source.autosaves) this.saveIn(AUTOSAVE_MS);
  }

  // Throws nothing: how it went is in `saving`.
  save(label?: string): Promise<void> {
    clearTimeout(this.timer);
    this.underWay ??= this.put(label).finally(() => {
      this.underWay = null;
      if (this.saving.state === "dirty" && this.source.autosaves) this.saveIn(AUTOSAVE_MS);
    });
    return this.underWay;
  }

  // What is new on the server, as after a time without a connection.
  async refresh(): Promise<void> {
    if (this.saving.state === "waiting") return this.save();
    if (this.underWay || this.saving.state === "clash" || this.saving.state === "gone") return;
    try {
      const theirs = await this.source.load();
      if (theirs.version !== this.base.version && this.takeIn(theirs)) this.changed();
    } catch (error) {
      if (isGone(error)) this.tell({ state: "gone" });
    }
  }

  // After a clash: theirs stays among the versions, or of those cells mine is given up.
  async decide(mine: boolean): Promise<void> {
    const clashing = new Set(this.saving.state === "clash" ? this.saving.cells : []);
    const theirs = await this.source.load();
    const there = new Map(theirs.cells.map((cell) => [cell.id, cell]));
    const { content } = merge(this.base, this.of.mine(), theirs);
    const cells = content.cells.map((cell) => (mine || !clashing.has(cell.id) ? cell : (there.get(cell.id) ?? cell)));
    this.base = theirs;
    this.of.take({ ...content, cells });
    if (this.isDirty) await this.save();
    else this.tell(this.asSaved());
  }

  // A draft of this browser, and what it began with.
  takeUp(from: Saved, draft: Content): void {
    const newest = this.base;
    this.base = from;
    this.of.take(draft);
    if (this.takeIn(newest) && this.isDirty) this.saving = { state: "dirty" };
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  end(): void {
    this.stop();
    this.tell({ state: "gone" });
  }

  private async put(label?: string): Promise<void> {
    this.tell({ state: "saving" });
    let merged = false;
    for (let times = 1; ; times += 1) {
      try {
        this.base = await this.source.save(this.of.mine(), this.base, label);
        this.tries = 0;
        this.of.saved(this.base.version);
        return this.tell(this.isDirty ? { state: "dirty" } : this.asSaved(merged));
      } catch (error) {
        if (!isLost(error) || times > MOST_MERGES) return this.failed(error);
        try {
          merged = this.takeIn(await this.source.load());
        } catch (failure) {
          return this.failed(failure);
        }
        if (!merged) return;
      }
    }
  }

  // Whether theirs and mine go together.
  private takeIn(theirs: Saved): boolean {
    const { content, clashes } = merge(this.base, this.of.mine(), theirs);
    if (clashes.length > 0) {
      this.tell({ state: "clash", cells: clashes });
      return false;
    }
    this.base = theirs;
    this.of.take(content);
    return true;
  }

  private failed(error: unknown): void {
    if (isGone(error)) return this.tell({ state: "gone" });
    if (!isPassing(error)) return this.tell({ state: "refused", error });
    this.tell({ state: "waiting", error });
    this.saveIn(waitBefore(this.tries));
    this.tries += 1;
  }

  private saveIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), ms);
  }

  private asSaved(merged = false): Saving {
    return { state: "saved", at: this.base.at, merged };
  }

  private tell(saving: Saving): void {
    this.saving = saving;
    this.of.told();
  }
}
