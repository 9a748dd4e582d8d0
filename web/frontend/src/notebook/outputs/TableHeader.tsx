import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo } from "react";
import { histogram, type Column, type Order, type Table } from "./grid";

interface Props {
  table: Table;
  columns: Column[];
  numeric: boolean[];
  order: Order | null;
  onSort: (column: number) => void;
}

export function TableHeader({ table, columns, numeric, order, onSort }: Props) {
  return (
    <thead>
      <tr>
        {columns.map((column, index) => {
          const sorted = order?.column === index ? order : null;
          const Arrow = sorted?.down ? ArrowDown : ArrowUp;
          return (
            <th
              key={index} scope="col" className={numeric[index] ? "number" : ""}
              aria-sort={sorted ? (sorted.down ? "descending" : "ascending") : "none"}
            >
              <button type="button" onClick={() => onSort(index)}>
                <span className="name cut">
                  {column.name}
                  {sorted && <Arrow className="icon" aria-hidden />}
                </span>
                <span className="type cut">{column.type}</span>
              </button>
              {numeric[index] && <Histogram table={table} column={index} />}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

const WIDTH = 72;
const HEIGHT = 20;

function Histogram({ table, column }: { table: Table; column: number }) {
  const bars = useMemo(() => histogram(table, column), [table, column]);
  if (!bars) return null;
  const step = WIDTH / bars.length;
  return (
    <svg className="histogram" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden>
      {bars.map((part, index) => {
        const high = part === 0 ? 0 : Math.max(1, part * HEIGHT);
        return <rect key={index} x={index * step} width={step - 1} y={HEIGHT - high} height={high} />;
      })}
    </svg>
  );
}
