import { Copy } from "../parts/Copy";
import { Sheet } from "../parts/Sheet";
import { count } from "../words/sizes";
import type { Spot } from "./moving";
import type { Column, Value } from "./table";
import { nameOf, show, shortened } from "./words";

const LONGEST = 100_000;

// A value that is longer than its cell, whole.
export function CellSheet({ column, spot, value, onClose }: { column: Column | undefined; spot: Spot; value: Value; onClose: () => void }) {
  const text = typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : show(value);
  const cut = text.length > LONGEST ? `, the first ${count(LONGEST)} shown` : "";
  return (
    <Sheet
      open wide onClose={onClose} title={shortened(nameOf(column, spot.column), 80)}
      about={`Row ${count(spot.row + 1)}; ${column?.type ?? ""}; ${count(text.length)} characters${cut}`}
    >
      <div className="content">
        <div className="row"><Copy text={text} /></div>
        <pre className="text" tabIndex={0} aria-label="Value">{shortened(text, LONGEST)}</pre>
      </div>
    </Sheet>
  );
}
