// The table library's model of a table: which rows are shown, in which order.
import {
  columnFilteringFeature, createFilteredRowModel, createSortedRowModel, globalFilteringFeature, rowSortingFeature,
  tableFeatures, useTable, type ColumnDef, type Row,
} from "@tanstack/react-table";
import { useDeferredValue, useMemo, useState } from "react";
import { compare, holds, isFilter, NO_FILTER, passes, type Filter } from "./arranging";
import { kindOf, valueAt, type Table, type Value } from "./table";

const features = tableFeatures({
  rowSortingFeature, columnFilteringFeature, globalFilteringFeature,
  filteredRowModel: createFilteredRowModel(), sortedRowModel: createSortedRowModel(),
});
type Features = typeof features;
type GridRow = Row<Features, Value[]>;

// Names may be empty and come twice: a column is known by its place.
const idOf = (column: number): string => String(column);

function definition(table: Table, column: number): ColumnDef<Features, Value[]> {
  return {
    id: idOf(column),
    // Undefined goes last whichever way it is sorted.
    accessorFn: (row) => valueAt(row, column) ?? undefined,
    sortUndefined: "last",
    sortDescFirst: false,
    sortFn: (a: GridRow, b: GridRow) => compare(valueAt(a.original, column), valueAt(b.original, column), kindOf(table, column)),
    filterFn: (row: GridRow, _id: string, filter: Filter) => passes(valueAt(row.original, column), filter, kindOf(table, column)),
    // The search looks at a whole row, once.
    enableGlobalFilter: column === 0,
  };
}

const searched = (row: GridRow, _id: string, wanted: string): boolean => holds(row.original, wanted);

export type Sorted = "asc" | "desc" | null;

export function useGridModel(table: Table) {
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search).trim().toLowerCase();
  const columns = useMemo(() => table.columns.map((_, column) => definition(table, column)), [table]);
  const model = useTable({
    features, columns, data: table.rows, globalFilterFn: searched, state: { globalFilter: wanted },
  });
  const { sorting, columnFilters } = model.state;
  return {
    rows: model.getRowModel().rows,
    search,
    setSearch,
    narrowed: wanted !== "" || columnFilters.length > 0,
    filters: columnFilters.length,
    sorted: (column: number): Sorted => {
      const found = sorting.find(({ id }) => id === idOf(column));
      return found ? (found.desc ? "desc" : "asc") : null;
    },
    // Up, then down, then as it came; with `also`, after what it is sorted by already.
    sort: (column: number, also: boolean): void => model.getColumn(idOf(column))?.toggleSorting(undefined, also),
    filterOf: (column: number): Filter =>
      (columnFilters.find(({ id }) => id === idOf(column))?.value as Filter | undefined) ?? NO_FILTER,
    setFilter: (column: number, filter: Filter): void =>
      model.getColumn(idOf(column))?.setFilterValue(isFilter(filter) ? filter : undefined),
    clear: (): void => {
      setSearch("");
      model.resetColumnFilters(true);
    },
  };
}

export type GridModel = ReturnType<typeof useGridModel>;
