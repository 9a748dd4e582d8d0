import { useSyncExternalStore } from "react";
import { lookOf } from "../parts/StateChip";
import type { Sheet } from "./cells/sheet";
import { useSheet, type CellDocument } from "./cells/document";
import { runs } from "./runs/runs";

// The whole page in a strip: one part a cell.
export function Strip({ store }: { store: CellDocument }) {
  const states = useStates(store);
  return (
    <div className="strip" aria-hidden>
      {states.map((state, index) => (
        <span key={index} className={`part bg-${state ? lookOf(state).tone : "none"}`} />
      ))}
    </div>
  );
}

export function Summary({ store }: { store: CellDocument }) {
  const states = useStates(store);
  const running = states.filter((state) => state === "running").length;
  const queued = states.filter((state) => state === "queued").length;
  const failed = states.filter((state) => state === "failed").length;
  const words = [running && `${running} running`, queued && `${queued} queued`, failed && `${failed} failed`];
  return (
    <span className="faint num" role="status">
      {words.filter(Boolean).join(", ") || `${states.length} ${states.length === 1 ? "cell" : "cells"}`}
    </span>
  );
}

function useStates(store: CellDocument): (string | null)[] {
  const sheet = useSheet(store);
  const shown = useSyncExternalStore(runs.watchAny, () => key(sheet));
  // One cell that has not run is one empty word, too.
  return sheet.cells.some((cell) => cell.kind === "code") ? shown.split(",").map((state) => state || null) : [];
}

function key(sheet: Sheet): string {
  return sheet.cells.filter((cell) => cell.kind === "code").map((cell) => (cell.run ? (runs.get(cell.run)?.status ?? "") : "")).join(",");
}
