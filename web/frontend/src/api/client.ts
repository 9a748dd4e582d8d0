// Requests to the API: the session's cookie, its CSRF header, and errors as one class.

const BASE = "/api/v1";
const PATIENCE_MS = 30_000;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly requestId: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
}

let csrf = "";
let signedOut: () => void = () => undefined;

export function setCsrf(value: string): void {
  csrf = value;
}

// Called when a request finds that the session is over.
export function onSignedOut(then: () => void): void {
  signedOut = then;
}

export async function request<T>(method: string, path: string, body?: unknown, patienceMs = PATIENCE_MS): Promise<T> {
  const answer = await send(method, path, body, patienceMs);
  if (!answer.ok) throw await failure(answer, path);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const get = <T>(path: string): Promise<T> => request<T>("GET", path);
export const post = <T>(path: string, body?: unknown): Promise<T> => request<T>("POST", path, body);

export async function bytes(path: string): Promise<Blob> {
  const answer = await send("GET", path);
  if (!answer.ok) throw await failure(answer, path);
  return answer.blob();
}

// The first bytes of something that may be large.
export async function range(path: string, most: number): Promise<Uint8Array> {
  const answer = await send("GET", path, undefined, PATIENCE_MS, { Range: `bytes=0-${most - 1}` });
  if (!answer.ok) throw await failure(answer, path);
  return new Uint8Array(await answer.arrayBuffer()).subarray(0, most);
}

// For requests that are not made here.
export function csrfHeader(): Record<string, string> {
  return { "X-CSRF-Token": csrf };
}

export function errorIn(status: number, text: string, retryAfterS: number | null = null): ApiError {
  let body: ErrorBody = {};
  try {
    body = JSON.parse(text) as ErrorBody;
  } catch {
    // A proxy's own words are no JSON.
  }
  const { code = "unknown", message = `The server answered ${status}`, field = null, request_id = null } = body.error ?? {};
  return new ApiError(status, code, message, field, request_id, retryAfterS);
}

export function url(path: string): string {
  return BASE + path;
}

async function send(
  method: string, path: string, body?: unknown, patienceMs = PATIENCE_MS, more: Record<string, string> = {},
): Promise<Response> {
  const headers: Record<string, string> = { ...more };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(patienceMs) };
  if (body !== undefined) init.body = JSON.stringify(body);
  try {
    return await fetch(BASE + path, init);
  } catch {
    throw new ApiError(0, "unreachable", "Husk cannot be reached at the moment. Nothing was changed by this page.");
  }
}

interface ErrorBody { error?: { code?: string; message?: string; field?: string | null; request_id?: string } }

async function failure(answer: Response, path: string): Promise<ApiError> {
  const after = Number(answer.headers.get("Retry-After") ?? "");
  const told = errorIn(answer.status, await answer.text().catch(() => ""), after > 0 ? after : null);
  if (answer.status === 401 && path !== "/login" && path !== "/me") signedOut();
  return told;
}

export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
