// What the ledger has of a namespace's executions, and what was erased of it.
import { clearOutputs, execution, executions } from "../api/calls";
import { ApiError } from "../api/client";
import type { ExecutionSummary } from "../api/types";

const AT_ONCE = 100;
const MOST_CLEARS = 3;
const AGAIN_MS = 600;

// The latest, oldest first; what runs of flows did is on their own pages.
export async function rowsOf(uid: string, flow: string | null): Promise<ExecutionSummary[]> {
  const only = flow === null ? "" : `&flow=${flow}`;
  const { items } = await executions(uid, `&limit=${AT_ONCE}&of_runs=false${only}`);
  return items.filter((row) => row.flow_id === flow).reverse();
}

// Erases what has ended; returns of which the output is there still: what ended just now may not be in the
// ledger yet, however often it is asked.
export async function eraseOutputs(erase: () => Promise<unknown>, rows: () => Promise<ExecutionSummary[]>, ended: readonly string[]): Promise<string[]> {
  for (let times = 1; ; times += 1) {
    await erase();
    const left = (await rows()).filter((row) => row.cleared_at === null && ended.includes(row.id)).map((row) => row.id);
    if (left.length === 0 || times === MOST_CLEARS) return left;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

export const eraseNamespace = (uid: string, flow: string | null): Promise<unknown> => clearOutputs(uid, flow);

// When outputs of a kernel were last erased, and of which executions a page that shows them has to know.
export class Erasures {
  private latest: string | null | undefined;
  private checked: string | null | undefined;

  // Returns whether that is news.
  note(at: string | null): boolean {
    const before = this.latest;
    this.latest = at;
    return before !== undefined && before !== at;
  }

  // Of rows and of what a page shows besides, those without output; the older ones are asked for each, once.
  async among(rows: readonly ExecutionSummary[], shown: readonly string[]): Promise<Set<string>> {
    const listed = new Set(rows.map((row) => row.id));
    const at = this.latest;
    const older = at == null || this.checked === at ? [] : shown.filter((id) => !listed.has(id));
    const found = await Promise.allSettled(older.map((id) => execution(id)));
    // Who did not answer is asked again the next time.
    if (found.every((one) => one.status === "fulfilled" || isGone(one.reason))) this.checked = at;
    const asked = found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    return new Set([...rows, ...asked].filter((row) => row.cleared_at !== null).map((row) => row.id));
  }
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
