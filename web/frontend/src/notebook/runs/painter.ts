// Tells React of changed runs once a frame, however many events came. The first change after a pause, and
// the end of a cell, are shown at once: a short cell's result need not wait for a frame.

const PAUSE_MS = 12;
const HIDDEN_MS = 500;

export class Painter<T> {
  private readonly dirty = new Set<T>();
  private due = false;
  private last = -Infinity;
  private lastUrgent = -Infinity;

  constructor(private readonly paint: (changed: T) => void) {}

  // `urgent` where somebody waits for just this; many of them at once are told once a frame, too.
  mark(changed: T, urgent = false): void {
    this.dirty.add(changed);
    if (urgent && performance.now() - this.lastUrgent > PAUSE_MS) {
      this.lastUrgent = performance.now();
      queueMicrotask(this.flush);
      return;
    }
    if (this.due) return;
    this.due = true;
    if (document.hidden) setTimeout(this.flush, HIDDEN_MS);
    else if (performance.now() - this.last > PAUSE_MS) queueMicrotask(this.flush);
    else requestAnimationFrame(this.flush);
  }

  private readonly flush = (): void => {
    this.due = false;
    if (this.dirty.size === 0) return;
    this.last = performance.now();
    const changed = [...this.dirty];
    this.dirty.clear();
    for (const one of changed) this.paint(one);
  };
}
