// Ties a message port to a hub. Used by the worker, and by a page that has none.
import type { Hub } from "./hub";
import type { Client, ToHub } from "./protocol";

export function serve(hub: Hub, port: MessagePort): void {
  const client: Client = { post: (message) => port.postMessage(message) };
  hub.join(client);
  port.onmessage = (event: MessageEvent<ToHub>) => take(hub, client, event.data);
}

function take(hub: Hub, client: Client, message: ToHub): void {
  switch (message.type) {
    case "follow":
      return hub.follow(client, message.topics, message.from);
    case "retry":
      return hub.retry();
    case "reset":
      return hub.reset();
    case "alive":
      return watch(hub, client, message.lock);
    case "bye":
      return hub.leave(client);
  }
}

// A page that crashed says no goodbye; the lock that it held is free then.
function watch(hub: Hub, client: Client, lock: string): void {
  void navigator.locks.request(lock, () => hub.leave(client));
}
