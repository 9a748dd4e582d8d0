import { ArrowDown, ArrowUp, ListFilter } from "lucide-react";
import { memo, type ReactNode } from "react";
import { count } from "../words/sizes";
import { isFilter, type Filter } from "./arranging";
import { ColumnPanel } from "./ColumnPanel";
import { Histogram } from "./Histogram";
import type { Sorted } from "./model";
import { heights, statisticsOf } from "./statistics";
import type { Table } from "./table";
import { nameOf } from "./words";
import { isRight } from "./widths";

export interface HeaderProps {
  table: Table;
  column: number;
  width: number;
  id: string;
  active: boolean;
  sorted: Sorted;
  filter: Filter;
  open: boolean;
  onSort: (column: number, also: boolean) => void;
  onFilter: (column: number, filter: Filter) => void;
  onOpen: (column: number | null) => void;
}

const SORTS = { asc: "ascending", desc: "descending" } as const;
const HIGH = 24;
const WIDE = 96;

export const HeaderCell = memo(function HeaderCell(props: HeaderProps) {
  const { table, column, width, id, active, sorted, filter, open, onSort, onOpen } = props;
  const { name, type } = table.columns[column] ?? { name: "", type: "" };
  const Arrow = sorted === "desc" ? ArrowDown : ArrowUp;
  const names = [isRight(table, column) && "number", active && "active"].filter(Boolean).join(" ");
  return (
    <th
      id={id} role="columnheader" aria-colindex={column + 1} className={names} style={{ width }} data-column={column}
      aria-sort={sorted ? SORTS[sorted] : "none"}
    >
      <div className="name">
        <button type="button" tabIndex={-1} className="sort" title={name} onClick={(event) => onSort(column, event.shiftKey)}>
          <span className={name.trim() ? "cut" : "cut unnamed"}>{name.trim() ? name : "no name"}</span>
          {sorted && <Arrow className="icon" aria-hidden />}
        </button>
        <ColumnPanel {...props} open={open} onOpen={onOpen}>
          <button type="button" tabIndex={-1} className={isFilter(filter) ? "look on" : "look"} aria-label={`Figures and filter of ${nameOf(table.columns[column], column)}`}>
            <ListFilter className="icon" aria-hidden />
          </button>
        </ColumnPanel>
      </div>
      <span className="type cut">{type}</span>
      <Sketch table={table} column={column} width={Math.min(WIDE, width - 24)} />
    </th>
  );
});

// Its values at a glance: a histogram, or how many different ones there are.
function Sketch({ table, column, width }: { table: Table; column: number; width: number }): ReactNode {
  const statistics = statisticsOf(table, column);
  const parts = heights(statistics);
  if (parts.length > 0) return <span className="sketch"><Histogram parts={parts} width={width} height={HIGH} /></span>;
  if (statistics.nulls !== null && statistics.nulls === statistics.rows) return <span className="sketch words">{statistics.rows > 0 && "all null"}</span>;
  return <span className="sketch words">{statistics.distinct !== null && `${count(statistics.distinct)} distinct`}</span>;
}
