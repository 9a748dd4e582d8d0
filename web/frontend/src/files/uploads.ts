// What this page uploads: a few at once, the rest in line. It goes on while one looks at another page.
import { sentence } from "../api/client";
import { giveUp } from "../api/files";
import { queryClient } from "../app/queries";
import { PART_BYTES, send, uploadName } from "./sending";

export interface Sending {
  id: number;
  path: string;
  size: number;
  sent: number;
  state: "waiting" | "sending" | "done" | "failed" | "stopped";
  error: string | null;
}

const AT_ONCE = 2;

class Uploads {
  #list: Sending[] = [];
  readonly #files = new Map<number, { file: File; stop: AbortController }>();
  readonly #watchers = new Set<() => void>();
  #next = 1;

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  get = (): Sending[] => this.#list;

  add(folder: string, files: Iterable<File>): void {
    for (const file of files) {
      const id = this.#next++;
      this.#files.set(id, { file, stop: new AbortController() });
      this.#set([...this.#list, { id, path: folder + nameOf(file), size: file.size, sent: 0, state: "waiting", error: null }]);
    }
    this.#go();
  }

  stop(id: number): void {
    const one = this.#list.find((sending) => sending.id === id);
    const kept = this.#files.get(id);
    if (!one || !kept) return;
    kept.stop.abort();
    this.#change(id, { state: "stopped" });
    if (kept.file.size > PART_BYTES) void giveUp(one.path, uploadName(one.path, kept.file)).catch(() => undefined);
    this.#go();
  }

  again(id: number): void {
    const kept = this.#files.get(id);
    if (!kept) return;
    this.#files.set(id, { file: kept.file, stop: new AbortController() });
    this.#change(id, { state: "waiting", error: null, sent: 0 });
    this.#go();
  }

  forget(): void {
    for (const one of this.#list) if (!isOpen(one)) this.#files.delete(one.id);
    this.#set(this.#list.filter(isOpen));
  }

  #go(): void {
    const busy = this.#list.filter((one) => one.state === "sending").length;
    const waiting = this.#list.filter((one) => one.state === "waiting");
    for (const one of waiting.slice(0, Math.max(0, AT_ONCE - busy))) void this.#send(one);
  }

  async #send(one: Sending): Promise<void> {
    const kept = this.#files.get(one.id);
    if (!kept) return;
    this.#change(one.id, { state: "sending" });
    try {
      await send(kept.file, one.path, (sent) => this.#change(one.id, { sent }), kept.stop.signal);
      this.#change(one.id, { state: "done", sent: one.size });
    } catch (error) {
      if (!kept.stop.signal.aborted) this.#change(one.id, { state: "failed", error: sentence(error) });
    }
    void queryClient.invalidateQueries({ queryKey: ["files"] });
    this.#go();
  }

  #change(id: number, part: Partial<Sending>): void {
    this.#set(this.#list.map((one) => (one.id === id ? { ...one, ...part } : one)));
  }

  #set(list: Sending[]): void {
    this.#list = list;
    for (const watcher of this.#watchers) watcher();
  }
}

export function isOpen(one: Sending): boolean {
  return one.state === "waiting" || one.state === "sending";
}

// A folder that was chosen or dropped brings its own paths.
function nameOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

export const uploads = new Uploads();
