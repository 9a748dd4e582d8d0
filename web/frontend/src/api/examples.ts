// Calls about the example.
import { get, request } from "./client";
import type { RunRow } from "./runs";

// Its tables may have to be made first.
const MAKING_MS = 150_000;

export const examples = (): Promise<{ late_flights: boolean }> => get("/examples");
export const makeExample = (): Promise<RunRow> => request("POST", "/examples/late-flights", undefined, MAKING_MS);
