// One file on its way, in parts: after a break it goes on where it was, also from a page opened anew.
import { ApiError, csrfHeader, errorIn, url } from "../api/client";
import { pathOf, type SharedFile } from "../api/files";

// The server puts parts together that are multiples of 8 MiB.
export const PART_BYTES = 16 * 1024 * 1024;
const TRIES = 5;
const PAUSE_MS = 500;

interface Coming { received: number }
type Answer = SharedFile | Coming;
export type Told = (sent: number) => void;
export type Put = (path: string, body: Blob, headers: Record<string, string>, told: Told, stop: AbortSignal) => Promise<Answer>;

// The same for the same file and place, so that another try goes on with it.
export function uploadName(path: string, file: Pick<File, "name" | "size" | "lastModified">): string {
  return hash(`${path}|${file.name}|${file.size}|${file.lastModified}`, 1) + hash(`${file.lastModified}|${path}|${file.size}`, 2);
}

// A mixing of bits (cyrb53): not secret, only spread. The browser's own digests need https.
function hash(text: string, seed: number): string {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}

export async function send(file: File, path: string, told: Told, stop: AbortSignal, put: Put = putByXhr): Promise<SharedFile> {
  if (file.size <= PART_BYTES) return (await put(pathOf(path), file, {}, told, stop)) as SharedFile;
  const to = `${pathOf(path)}?upload=${uploadName(path, file)}`;
  let at: number | null = null;
  for (let failed = 0; ; ) {
    try {
      const answer: Answer = at === null
        ? await put(to, new Blob([]), { "Content-Range": `bytes */${file.size}` }, () => undefined, stop)
        : await sendPart(file, to, at, told, stop, put);
      if (!("received" in answer)) return answer;
      if (at !== null) failed = 0;
      at = answer.received;
      told(at);
    } catch (error) {
      if (stop.aborted || !isPassing(error) || ++failed >= TRIES) throw error;
      // How much of it came is not known: ask.
      at = null;
      await pause(PAUSE_MS * failed, stop);
    }
  }
}

function sendPart(file: File, to: string, at: number, told: Told, stop: AbortSignal, put: Put): Promise<Answer> {
  const end = Math.min(at + PART_BYTES, file.size);
  const headers = { "Content-Range": `bytes ${at}-${end - 1}/${file.size}` };
  return put(to, file.slice(at, end), headers, (sent) => told(at + sent), stop);
}

function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 502);
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}

// Only this one says how much of a body is sent.
const putByXhr: Put = (path, body, headers, told, stop) =>
  new Promise((done, failed) => {
    const call = new XMLHttpRequest();
    call.open("PUT", url(path));
    const all = { "Content-Type": "application/octet-stream", ...csrfHeader(), ...headers };
    for (const [name, value] of Object.entries(all)) call.setRequestHeader(name, value);
    call.upload.onprogress = (event) => told(event.loaded);
    call.onload = () =>
      call.status < 300 ? done(JSON.parse(call.responseText) as Answer) : failed(errorIn(call.status, call.responseText));
    call.onerror = () => failed(new ApiError(0, "unreachable", "The connection broke off; what came is kept for a day"));
    call.onabort = () => failed(new ApiError(0, "stopped", "Stopped"));
    stop.addEventListener("abort", () => call.abort(), { once: true });
    if (stop.aborted) return failed(new ApiError(0, "stopped", "Stopped"));
    call.send(body);
  });
