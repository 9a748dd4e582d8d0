import { FilterX, Search } from "lucide-react";
import { Button } from "../parts/Button";
import { Copy } from "../parts/Copy";
import { count, counted } from "../words/sizes";
import type { GridModel } from "./model";
import { valueAt, type Table } from "./table";
import { separated } from "./words";

const SEARCH_FROM = 6;

export function GridFooter({ table, model }: { table: Table; model: GridModel }) {
  const all = (): string => separated([
    table.columns.map(({ name }) => name),
    ...model.rows.map((row) => table.columns.map((_, column) => valueAt(row.original, column))),
  ]);
  return (
    <footer className="row">
      <span className="num" role="status">{shape(table, model.rows.length, model.narrowed)}</span>
      {model.filters > 0 && (
        <Button small kind="quiet" icon={FilterX} onClick={model.clear}>{counted(model.filters, "filter")}: show all</Button>
      )}
      <span className="grow" />
      {table.rows.length > 0 && <Copy text={all} kind="quiet" />}
      {table.rows.length >= SEARCH_FROM && (
        <label className="row search">
          <Search className="icon" aria-hidden />
          <input
            type="search" placeholder="Search rows" aria-label="Search rows" value={model.search}
            onChange={(event) => model.setSearch(event.target.value)}
          />
        </label>
      )}
    </footer>
  );
}

export function shape(table: Table, found: number, narrowed: boolean): string {
  const whole = `${count(table.total)} × ${count(table.columns.length)}`;
  const part = table.rows.length < table.total ? `, first ${count(table.rows.length)} shown` : "";
  return narrowed ? `${count(found)} found in ${whole}${part}` : whole + part;
}
