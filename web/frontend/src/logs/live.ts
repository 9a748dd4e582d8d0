// Lines of cells that run, before they are in the ledger. Pure.
import type { LiveEvent } from "../live/events";
import { rankOf } from "../runs/logs";
import type { LogsSearch } from "./search";

export interface LiveLine { key: string; at: number; level: string; message: string; logger: string; kernel: string; execution: string }

const MOST = 200;

// Newest first. Of an execution nothing more is told here once its end is recorded.
export function withEvent(lines: LiveLine[], event: LiveEvent): LiveLine[] {
  if (event.type !== "log") return lines;
  const { kernel_id: kernel, execution_id: execution, seq, at, level, message, logger = "" } = event;
  const key = `${execution}/${seq}`;
  if (lines.some((one) => one.key === key)) return lines;
  return [{ key, at, level, message, logger, kernel, execution }, ...lines].slice(0, MOST);
}

export function withoutEnded(lines: LiveLine[], ended: ReadonlySet<string>): LiveLine[] {
  return lines.some((one) => ended.has(one.execution)) ? lines.filter((one) => !ended.has(one.execution)) : lines;
}

// A line that comes does not say of which flow, node or run it is: where one of these is asked for, there are none.
export function canBeLive(search: LogsSearch): boolean {
  return [search.flow, search.node, search.run, search.until].every((one) => one === undefined);
}

export function matches(line: LiveLine, search: LogsSearch): boolean {
  if (search.level !== undefined && rankOf(line.level) < rankOf(search.level)) return false;
  if (search.kernel !== undefined && line.kernel !== search.kernel) return false;
  if (search.execution !== undefined && line.execution !== search.execution) return false;
  return search.q === undefined || line.message.toLowerCase().includes(search.q.toLowerCase());
}
