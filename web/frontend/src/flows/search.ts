// What a flow's page shows, as it stands in the address. Pure.
import { textIn } from "../runs/search";

export interface FlowSearch { node?: string; run?: string; version?: number; start?: boolean; edit?: boolean }

export function readFlow(search: Record<string, unknown>): FlowSearch {
  const version = Number(search["version"]);
  return {
    node: textIn(search["node"]),
    run: textIn(search["run"]),
    version: Number.isInteger(version) && version > 0 ? version : undefined,
    start: search["start"] === true ? true : undefined,
    edit: search["edit"] === true ? true : undefined,
  };
}
