// What the pages of notebooks show, as it stands in the address. Pure.
import { tabOf, type Tab } from "../notebook/panels/tabs";

export interface CellsSearch { panel?: Tab }
export interface NotebooksSearch { find?: string }

export function readCells(search: Record<string, unknown>): CellsSearch {
  return { panel: tabOf(search["panel"]) ?? undefined };
}

export function readNotebooks(search: Record<string, unknown>): NotebooksSearch {
  const { find } = search;
  return { find: typeof find === "string" && find !== "" ? find.slice(0, 200) : undefined };
}

// As the API takes it.
const FLOW_ID = /^(-|[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$/;

// Undefined has to be said: what a route leaves out of its search is there all the same, unchecked.
export function readKernelCells(search: Record<string, unknown>): CellsSearch & { flow?: string } {
  const { flow } = search;
  return { ...readCells(search), flow: typeof flow === "string" && FLOW_ID.test(flow) ? flow : undefined };
}
