import { Hub } from "./hub";
import { serve } from "./ports";

const hub = new Hub("/api/v1/events");
const scope = self as unknown as { onconnect: (event: MessageEvent) => void };

scope.onconnect = (event) => {
  const port = event.ports[0];
  if (port) serve(hub, port);
};
self.addEventListener("online", () => hub.retry());
