import type { VirtualItem } from "@tanstack/react-virtual";
import { useCallback } from "react";
import type { Filter } from "./arranging";
import { HeaderCell } from "./HeaderCell";
import { HEADER } from "./heights";
import type { GridModel } from "./model";
import type { Spot } from "./moving";
import type { Table } from "./table";

interface Props {
  table: Table;
  model: GridModel;
  id: string;
  active: Spot | null;
  open: number | null;
  columns: VirtualItem[];
  onOpen: (column: number | null) => void;
}

export function GridHeader({ table, model, id, active, open, columns, onOpen }: Props) {
  const { sort, setFilter } = model;
  const onSort = useCallback((column: number, also: boolean) => sort(column, also), [sort]);
  const onFilter = useCallback((column: number, filter: Filter) => setFilter(column, filter), [setFilter]);
  return (
    <thead role="rowgroup">
      <tr role="row" aria-rowindex={1} style={{ height: HEADER, paddingLeft: columns[0]?.start ?? 0 }}>
        {columns.map(({ index, size }) => (
          <HeaderCell
            key={index} table={table} column={index} width={size} id={`${id}--1-${index}`} sorted={model.sorted(index)}
            active={active?.row === -1 && active.column === index} filter={model.filterOf(index)} open={open === index}
            {...{ onSort, onFilter, onOpen }}
          />
        ))}
      </tr>
    </thead>
  );
}
