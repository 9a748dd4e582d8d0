// One event stream for all pages of a browser: the union of what they follow, resumed where it broke off.
import type { Client, FromHub, StreamState } from "./protocol";
import { openStream, type StreamEnd } from "./reading";
import { kernelOf, readCursor, runOf, showCursor, type Frame, type Positions } from "./sse";

const GATHER_MS = 15;
// The server refuses more in one stream.
export const MOST_KERNELS = 50;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;

export class Hub {
  private readonly topics = new Map<Client, Set<string>>();
  private readonly positions: Positions = new Map();
  // Where the next connection begins instead: what still comes by the present one must not move it on.
  private readonly replays: Positions = new Map();
  private state: StreamState = "connecting";
  private opened = 0;
  private following = "";
  private stop: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT_MS;

  constructor(private readonly url: string) {}

  join(client: Client): void {
    this.topics.set(client, new Set());
    client.post({ type: "state", state: this.state, opened: this.opened });
  }

  leave(client: Client): void {
    this.topics.delete(client);
    this.gather();
  }

  follow(client: Client, topics: string[], from: Record<string, string>): void {
    this.topics.set(client, new Set(topics));
    const replay = Object.entries(from);
    for (const [uid, at] of replay) this.replays.set(uid, at);
    if (replay.length > 0) this.following = "";
    this.gather();
  }

  retry(): void {
    if (this.isDown()) this.connect();
  }

  private isDown(): boolean {
    return this.state === "down" || this.state === "refused";
  }

  reset(): void {
    this.positions.clear();
    this.following = "";
    this.gather();
  }

  // Pages change topics in bursts while they are built.
  private gather(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.wanted() !== this.following) this.connect();
      else if (this.isDown()) this.later();
    }, GATHER_MS);
  }

  // Where all pages together follow more kernels than a stream may have, those with few come first: that is
  // a kernel's own page, which shows more than how much memory it has.
  private wanted(): string {
    const all = new Set<string>();
    let kernels = 0;
    for (const topics of [...this.topics.values()].sort((a, b) => a.size - b.size)) {
      for (const topic of topics) {
        if (all.has(topic) || (topic.startsWith("kernel:") && ++kernels > MOST_KERNELS)) continue;
        all.add(topic);
      }
    }
    return [...all].sort().join(",");
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.stop = null;
    this.following = this.wanted();
    if (this.following === "") return;
    this.tell("connecting");
    this.forget();
    for (const [uid, at] of this.replays) this.positions.set(uid, at);
    this.replays.clear();
    const stop = (this.stop = new AbortController());
    void openStream({
      url: `${this.url}?topics=${encodeURIComponent(this.following)}`,
      cursor: showCursor(this.positions),
      signal: stop.signal,
      onOpen: () => this.stop === stop && this.isOpen(),
      onFrames: (frames) => this.stop === stop && this.take(frames),
    }).then((end) => {
      if (this.stop === stop) this.ended(end);
    });
  }

  // Who comes back to a kernel reads the ledger: the cursor stays as short as the stream's topics.
  private forget(): void {
    const topics = new Set(this.following.split(","));
    for (const uid of [...this.positions.keys()]) if (!topics.has(`kernel:${uid}`)) this.positions.delete(uid);
  }

  private isOpen(): void {
    this.wait = FIRST_WAIT_MS;
    this.opened += 1;
    this.tell("open");
  }

  private ended(end: StreamEnd): void {
    this.stop = null;
    if (end === "signed_out") {
      this.tell("signed_out");
      return;
    }
    // Pages look at what there is for them now, and then follow that.
    this.tell(end === "refused" ? "refused" : "down");
    this.later();
  }

  private later(): void {
    clearTimeout(this.timer);
    const jitter = 0.75 + Math.random() / 2;
    this.timer = setTimeout(() => this.connect(), this.wait * jitter);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  private take(frames: Frame[]): void {
    const data: string[] = [];
    for (const frame of frames) {
      if (frame.id !== null) readCursor(frame.id, this.positions);
      if (frame.event === "message") data.push(frame.data);
    }
    if (data.length === 0) return;
    for (const [client, topics] of this.topics) {
      const mine = data.filter((one) => concerns(one, topics));
      if (mine.length > 0) client.post({ type: "frames", data: mine });
    }
  }

  private tell(state: StreamState): void {
    this.state = state;
    const message: FromHub = { type: "state", state, opened: this.opened };
    for (const client of this.topics.keys()) client.post(message);
  }
}

function concerns(data: string, topics: Set<string>): boolean {
  // Every page has its list of what runs; what a run's nodes do is for those that show it.
  if (data.startsWith('{"type":"run"')) return topics.has("runs") || topics.has(`run:${runOf(data)}`);
  if (data.startsWith('{"type":"node"')) return topics.has(`run:${runOf(data)}`);
  if (data.startsWith('{"type":"system"')) return topics.has("system");
  const uid = kernelOf(data);
  return uid === null || topics.has(`kernel:${uid}`) || data.startsWith('{"type":"kernel"');
}
