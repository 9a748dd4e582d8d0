// How a document's saving goes, as a page tells it. Pure.
import { ApiError } from "../../api/client";

export type Saving =
  | { state: "saved"; at: number | null; merged: boolean }
  | { state: "dirty" }
  | { state: "saving" }
  // It will be tried again by itself.
  | { state: "waiting"; error: unknown }
  | { state: "refused"; error: unknown }
  | { state: "gone" }
  // Cells that somebody else changed, too.
  | { state: "clash"; cells: string[] };

export function isLost(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 412);
}

export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

// Whether the same may well succeed later.
export function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
}

const FIRST_MS = 2000;
const LONGEST_MS = 30_000;

export function waitBefore(tries: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** tries);
}
