// The cells of one kernel, kept in this browser.
import { CellDocument } from "./document";
import { merge, readSheet } from "./sheet";

const KEEP_AFTER_MS = 300;

export class SheetStore extends CellDocument {
  private readonly key: string;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    const key = `husk.cells.${name}`;
    super(readSheet(localStorage.getItem(key)));
    this.key = key;
  }

  static isKept(name: string): boolean {
    return readSheet(localStorage.getItem(`husk.cells.${name}`)).cells.length > 0;
  }

  attach(): () => void {
    const changed = (event: StorageEvent): void => {
      if (event.key !== this.key || event.newValue === null) return;
      this.show(merge(readSheet(event.newValue), this.current, this.typing));
    };
    window.addEventListener("storage", changed);
    window.addEventListener("pagehide", this.keep);
    return () => {
      this.keep();
      window.removeEventListener("storage", changed);
      window.removeEventListener("pagehide", this.keep);
    };
  }

  protected changed(later: boolean): void {
    clearTimeout(this.timer);
    if (later) this.timer = setTimeout(this.keep, KEEP_AFTER_MS);
    else this.keep();
  }

  private readonly keep = (): void => {
    clearTimeout(this.timer);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.current));
    } catch {
      // Full or forbidden: the page works on, and the ledger has what ran.
    }
  };
}
