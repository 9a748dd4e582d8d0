// Which runner lives: what ran in one before it has no variables any more.
import { createContext, useContext } from "react";
import type { Run } from "../runs/run";

// Null: none does, or it is not known.
export const Living = createContext<string | null>(null);

export function useIsOutlived(run: Run | undefined): boolean {
  return isOutlived(run, useContext(Living));
}

export function isOutlived(run: Pick<Run, "ended" | "generation"> | undefined, lives: string | null): boolean {
  return run !== undefined && run.ended && lives !== null && run.generation !== null && run.generation !== "" && run.generation !== lives;
}
