// One connection of the event stream. `fetch` instead of EventSource: that has no way to resume by a
// cursor of ours, and does not tell a refused login from a lost network.
import { SseParser, type Frame } from "./sse";

// Refused: it asks for a kernel that is gone, or not shared with this person any more.
export type StreamEnd = "lost" | "signed_out" | "refused";

// The server sends a heartbeat every 15 s.
const SILENCE_MS = 40_000;

export interface Opening {
  url: string;
  cursor: string;
  signal: AbortSignal;
  onOpen(): unknown;
  onFrames(frames: Frame[]): unknown;
}

export async function openStream(opening: Opening): Promise<StreamEnd> {
  const silence = new AbortController();
  const timer = new Watchdog(() => silence.abort());
  try {
    const answer = await fetch(opening.url, {
      headers: opening.cursor ? { "Last-Event-ID": opening.cursor } : {},
      signal: AbortSignal.any([opening.signal, silence.signal]),
      cache: "no-store",
    });
    if (answer.status === 401) return "signed_out";
    if (answer.status === 404) return "refused";
    if (!answer.ok || answer.body === null) return "lost";
    opening.onOpen();
    return await readAll(answer.body, opening, timer);
  } catch {
    return "lost";
  } finally {
    timer.end();
  }
}

async function readAll(
  body: ReadableStream<Uint8Array<ArrayBuffer>>, opening: Opening, timer: Watchdog,
): Promise<StreamEnd> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return "lost";
    timer.kick();
    const frames = parser.push(value);
    if (frames.length > 0) opening.onFrames(frames);
    const end = frames.map(endOf).find((one) => one !== null);
    if (end) return end;
  }
}

function endOf(frame: Frame): StreamEnd | null {
  if (frame.event !== "error") return null;
  if (frame.data.includes('"unauthenticated"')) return "signed_out";
  return frame.data.includes('"not_found"') ? "refused" : null;
}

class Watchdog {
  private timer: ReturnType<typeof setTimeout> | undefined;
  constructor(private readonly bark: () => void) {
    this.kick();
  }
  kick(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.bark, SILENCE_MS);
  }
  end(): void {
    clearTimeout(this.timer);
  }
}
