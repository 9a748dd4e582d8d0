// What a page and the holder of the event stream say to each other.

export type StreamState = "connecting" | "open" | "down" | "refused" | "signed_out";

export type ToHub =
  | { type: "follow"; topics: string[]; from: Record<string, string> }
  | { type: "retry" }
  | { type: "reset" }
  | { type: "alive"; lock: string }
  | { type: "bye" };

export type FromHub =
  | { type: "state"; state: StreamState; opened: number }
  | { type: "frames"; data: string[] };

export interface Client { post(message: FromHub): void }
