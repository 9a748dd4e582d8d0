// The page's end of the live stream.
import { Hub } from "./hub";
import { serve } from "./ports";
import { newId } from "../words/ids";
import type { FromHub, StreamState, ToHub } from "./protocol";
import type { LiveEvent } from "./events";

type Listener = (event: LiveEvent) => void;

function connectPort(): MessagePort {
  if (typeof SharedWorker !== "undefined") {
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "husk" });
    worker.port.start();
    return worker.port;
  }
  const channel = new MessageChannel();
  serve(new Hub("/api/v1/events"), channel.port2);
  return channel.port1;
}

class Connection {
  private port: MessagePort | null = null;
  private readonly counts = new Map<string, number>();
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private from: Record<string, string> = {};
  private due = false;
  state: StreamState = "connecting";
  opened = 0;

  // Topics are counted: two parts of a page may follow the same kernel.
  follow(topics: string[]): () => void {
    for (const topic of topics) this.counts.set(topic, (this.counts.get(topic) ?? 0) + 1);
    this.announce();
    return () => {
      for (const topic of topics) this.drop(topic);
      this.announce();
    };
  }

  // Events of a kernel again, from a unix time on.
  replay(uid: string, sinceSeconds: number): void {
    this.from[uid] = `${Math.max(0, Math.floor(sinceSeconds * 1000))}-0`;
    this.announce();
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  retry(): void {
    this.send({ type: "retry" });
  }

  reset(): void {
    this.send({ type: "reset" });
  }

  private drop(topic: string): void {
    const left = (this.counts.get(topic) ?? 1) - 1;
    if (left > 0) this.counts.set(topic, left);
    else this.counts.delete(topic);
  }

  private announce(): void {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.send({ type: "follow", topics: [...this.counts.keys()], from: this.from });
      this.from = {};
    });
  }

  private send(message: ToHub): void {
    this.port ??= this.open();
    this.port.postMessage(message);
  }

  private open(): MessagePort {
    const port = connectPort();
    port.onmessage = (event: MessageEvent<FromHub>) => this.take(event.data);
    window.addEventListener("pagehide", () => port.postMessage({ type: "bye" } satisfies ToHub));
    window.addEventListener("pageshow", (event) => event.persisted && this.announce());
    window.addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.retry());
    holdLock((lock) => port.postMessage({ type: "alive", lock } satisfies ToHub));
    return port;
  }

  private take(message: FromHub): void {
    if (message.type === "state") {
      this.state = message.state;
      this.opened = message.opened;
      for (const watcher of this.watchers) watcher();
      return;
    }
    for (const data of message.data) {
      const event = JSON.parse(data) as LiveEvent;
      for (const listener of this.listeners) listener(event);
    }
  }
}

function holdLock(tell: (lock: string) => void): void {
  if (!("locks" in navigator)) return;
  const lock = `husk-page-${newId()}`;
  void navigator.locks.request(lock, () => {
    tell(lock);
    return new Promise(() => undefined);
  });
}

export const live = new Connection();
