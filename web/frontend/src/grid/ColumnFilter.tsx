import { useId } from "react";
import { Button } from "../parts/Button";
import { isFilter, NO_FILTER, type Filter } from "./arranging";
import { kindOf, type Table } from "./table";

export interface FilterProps { table: Table; column: number; filter: Filter; set: (filter: Filter) => void }

const MISSING = [["with", "Any"], ["without", "Without nulls"], ["only", "Only nulls"]] as const;

export function ColumnFilter({ table, column, filter, set }: FilterProps) {
  const kind = kindOf(table, column);
  const ranged = kind === "number" || kind === "time";
  const id = useId();
  return (
    <div className="filter">
      {ranged && (
        <div className="row">
          <input
            className="input" inputMode={kind === "number" ? "decimal" : "text"} placeholder="From" aria-label="From"
            value={filter.low} onChange={(event) => set({ ...filter, low: event.target.value })}
          />
          <span className="faint">to</span>
          <input
            className="input" inputMode={kind === "number" ? "decimal" : "text"} placeholder="To" aria-label="To"
            value={filter.high} onChange={(event) => set({ ...filter, high: event.target.value })}
          />
        </div>
      )}
      {!ranged && kind !== "bool" && (
        <input
          className="input" placeholder="Contains" aria-label="Contains" value={filter.text}
          onChange={(event) => set({ ...filter, text: event.target.value })}
        />
      )}
      <div className="row wrap">
        <label htmlFor={id} className="soft">Values</label>
        <select
          id={id} className="input" value={filter.missing}
          onChange={(event) => set({ ...filter, missing: event.target.value as Filter["missing"] })}
        >
          {MISSING.map(([value, words]) => (
            <option key={value} value={value}>{words}</option>
          ))}
        </select>
        <Button small disabled={!isFilter(filter)} onClick={() => set(NO_FILTER)}>Clear</Button>
      </div>
    </div>
  );
}
