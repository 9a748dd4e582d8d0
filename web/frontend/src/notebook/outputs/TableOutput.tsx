import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { count } from "../../words/sizes";
import { arrange, brief, isNumeric, next, show, type Order, type Table, type Value } from "./grid";
import { TableHeader } from "./TableHeader";
import { useWindow } from "./window";

const ROW = 28;
const HEADER = 68;
const TALLEST = 392;
const MOST_COLUMNS = 40;
const SEARCH_FROM = 6;

export function TableOutput({ table, title }: { table: Table; title: string }) {
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState<Order | null>(null);
  const [wide, setWide] = useState(false);
  const rows = useMemo(() => arrange(table, search, order), [table, search, order]);
  const columns = wide ? table.columns : table.columns.slice(0, MOST_COLUMNS);
  const numeric = useMemo(() => table.columns.map((_, column) => isNumeric(table, column)), [table]);
  const shown = useWindow(rows.length, ROW, TALLEST);
  const height = Math.min(TALLEST, HEADER + Math.max(1, rows.length) * ROW + 2);
  return (
    <div className="grid">
      <div
        className="scroller" style={{ height }} onScroll={shown.onScroll} tabIndex={0} role="region"
        aria-label={title || "Table"}
      >
        <table aria-rowcount={rows.length + 1} aria-colcount={table.columns.length}>
          <TableHeader
            table={table} columns={columns} numeric={numeric} order={order}
            onSort={(column) => setOrder(next(order, column))}
          />
          <tbody>
            {shown.above > 0 && <Gap height={shown.above} span={columns.length} />}
            {rows.slice(shown.from, shown.to).map((row, index) => (
              <Row key={row} at={shown.from + index} values={table.rows[row] ?? []} {...{ columns, numeric }} />
            ))}
            {shown.below > 0 && <Gap height={shown.below} span={columns.length} />}
          </tbody>
        </table>
        {rows.length === 0 && <p className="faint none">{search ? "No row holds this." : "No rows."}</p>}
      </div>
      <footer className="row">
        <span className="num" role="status">
          {footer(table, rows.length, search !== "")}
        </span>
        {columns.length < table.columns.length && (
          <button type="button" className="link" onClick={() => setWide(true)}>
            Show all {count(table.columns.length)} columns
          </button>
        )}
        <span className="grow" />
        {table.rows.length >= SEARCH_FROM && (
          <label className="row search">
            <Search className="icon" aria-hidden />
            <input
              type="search" placeholder="Search rows" aria-label="Search rows" value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          </label>
        )}
      </footer>
    </div>
  );
}

function footer(table: Table, found: number, searched: boolean): string {
  const whole = `${count(table.total)} × ${count(table.columns.length)}`;
  const part = table.rows.length < table.total ? `, first ${count(table.rows.length)} shown` : "";
  return searched ? `${count(found)} found in ${whole}${part}` : whole + part;
}

function Gap({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={span} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}

interface RowProps { at: number; values: Value[]; columns: { name: string }[]; numeric: boolean[] }

function Row({ at, values, columns, numeric }: RowProps) {
  return (
    <tr aria-rowindex={at + 2}>
      {columns.map((_, column) => {
        const value = values[column] ?? null;
        return (
          <td key={column} className={value === null ? "null" : numeric[column] ? "number" : ""} title={show(value)}>
            {brief(value)}
          </td>
        );
      })}
    </tr>
  );
}
