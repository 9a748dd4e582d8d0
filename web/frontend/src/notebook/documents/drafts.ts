// What is not saved yet, kept in this browser: a reload, a crash or a lost connection costs nothing.
import { newId } from "../../words/ids";
import type { Content, Saved } from "./content";

export interface Draft { tab: string; base: Saved; content: Content }

const TAB = newId();

export class Drafts {
  private readonly key: string;

  constructor(name: string) {
    this.key = `husk.draft.${name}`;
  }

  read(): Draft | null {
    try {
      const found = JSON.parse(localStorage.getItem(this.key) ?? "null") as Draft | null;
      return found && Array.isArray(found.content.cells) && Array.isArray(found.base.cells) ? found : null;
    } catch {
      return null;
    }
  }

  keep(base: Saved, content: Content): void {
    try {
      localStorage.setItem(this.key, JSON.stringify({ tab: TAB, base, content } satisfies Draft));
    } catch {
      // Full or forbidden: then the page alone has it.
    }
  }

  // Of another tab's draft only that tab knows whether it is saved.
  drop(whosever = false): void {
    if (whosever || this.read()?.tab === TAB) localStorage.removeItem(this.key);
  }
}
