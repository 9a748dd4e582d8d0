// Kernels whose events this browser window follows: those on screen, and those that were lately. The server
// follows only so many in one stream.

export const MOST_FOLLOWED = 50;
// A fast scroll passes many; a stream is opened anew for what it stops at.
const SETTLE_MS = 150;

export class Following {
  // Oldest first.
  private readonly lately = new Set<string>();
  private readonly visible = new Set<string>();
  private readonly watchers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private told: readonly string[] = [];

  show(uid: string): void {
    this.visible.add(uid);
    this.lately.delete(uid);
    this.lately.add(uid);
    this.timer ??= setTimeout(this.settle, SETTLE_MS);
  }

  hide(uid: string): void {
    this.visible.delete(uid);
  }

  get = (): readonly string[] => this.told;

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  private readonly settle = (): void => {
    this.timer = undefined;
    for (const uid of [...this.lately]) {
      if (this.lately.size <= MOST_FOLLOWED) break;
      if (!this.visible.has(uid)) this.lately.delete(uid);
    }
    for (const uid of [...this.lately]) if (this.lately.size > MOST_FOLLOWED) this.lately.delete(uid);
    const next = [...this.lately].sort();
    if (next.join() === this.told.join()) return;
    this.told = next;
    for (const watcher of this.watchers) watcher();
  };
}

export const following = new Following();
