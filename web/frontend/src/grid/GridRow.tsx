import { memo } from "react";
import type { VirtualItem } from "@tanstack/react-virtual";
import { valueAt, type Table, type Value } from "./table";
import { brief, titled } from "./words";
import { isRight } from "./widths";

export interface RowProps {
  table: Table;
  values: Value[];
  at: number;
  start: number;
  id: string;
  columns: VirtualItem[];
  // Columns of it that are selected, from and to.
  left: number;
  right: number;
  active: number | null;
}

export const GridRow = memo(function GridRow({ table, values, at, start, id, columns, left, right, active }: RowProps) {
  return (
    <tr role="row" aria-rowindex={at + 2} data-row={at} style={{ transform: `translateY(${start}px)`, paddingLeft: columns[0]?.start ?? 0 }}>
      {columns.map(({ index, size }) => {
        const value = valueAt(values, index);
        const text = brief(value);
        const whole = titled(value);
        const names = [
          value === null && "null", isRight(table, index) && "number", index >= left && index <= right && "selected",
          active === index && "active",
        ];
        return (
          <td
            key={index} id={`${id}-${index}`} role="gridcell" aria-colindex={index + 1} data-column={index} style={{ width: size }}
            className={names.filter(Boolean).join(" ")} title={whole === text ? undefined : whole} aria-selected={index >= left && index <= right}
          >
            {text}
          </td>
        );
      })}
    </tr>
  );
});
