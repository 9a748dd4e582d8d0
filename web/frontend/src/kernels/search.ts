// What the page of kernels shows, as it stands in the address. Pure.
import { textIn } from "../runs/search";
import type { Opened } from "./KernelActions";

const SHEETS: readonly string[] = ["edit", "clone", "share", "delete", "log", "environment"] satisfies Opened[];

export interface KernelsSearch { new?: boolean; kernel?: string; sheet?: Opened }

// Undefined has to be said: what is left out is there all the same, unchecked.
export function readKernels(search: Record<string, unknown>): KernelsSearch {
  const sheet = textIn(search["sheet"]);
  return {
    new: search["new"] === true ? true : undefined,
    kernel: textIn(search["kernel"]),
    sheet: sheet !== undefined && SHEETS.includes(sheet) ? (sheet as Opened) : undefined,
  };
}
