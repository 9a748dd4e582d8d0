import type { VirtualItem } from "@tanstack/react-virtual";
import { GridRow } from "./GridRow";
import { area, type Selection, type Spot } from "./moving";
import type { Table, Value } from "./table";

interface Props {
  table: Table;
  rows: { original: Value[] }[];
  id: string;
  active: Spot | null;
  selection: Selection | null;
  inSight: VirtualItem[];
  columns: VirtualItem[];
}

const NONE: Value[] = [];

export function GridBody({ table, rows, id, active, selection, inSight, columns }: Props) {
  const { top, bottom, left, right } = selection ? area(selection) : { top: 0, bottom: -1, left: 0, right: 0 };
  return (
    <tbody role="rowgroup">
      {inSight.map(({ index, start }) => {
        const within = index >= top && index <= bottom;
        return (
          <GridRow
            key={index} table={table} values={rows[index]?.original ?? NONE} at={index} start={start} id={`${id}-${index}`} columns={columns}
            left={within ? left : 0} right={within ? right : -1} active={active?.row === index ? active.column : null}
          />
        );
      })}
    </tbody>
  );
}
