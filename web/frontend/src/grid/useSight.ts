// Which rows and columns are in sight.
import { useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { useCallback, useEffect, type RefObject } from "react";
import { HEADER, ROW, TALLEST } from "./heights";
import type { Spot } from "./moving";
import type { Table } from "./table";
import { widthOf } from "./widths";

const SPARE_ROWS = 8;
const SPARE_COLUMNS = 2;
// Of a notebook's page: what is drawn before it is measured.
const FIRST = { width: 1040, height: TALLEST };

export interface Sight {
  rows: VirtualItem[];
  columns: VirtualItem[];
  width: number;
  height: number;
  reveal: (spot: Spot) => void;
}

export function useSight(table: Table, count: number, scroller: RefObject<HTMLDivElement | null>): Sight {
  const getScrollElement = (): HTMLDivElement | null => scroller.current;
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing is compiled, and its functions are not handed on
  const across = useVirtualizer({
    horizontal: true, count: table.columns.length, getScrollElement, estimateSize: useCallback((at: number) => widthOf(table, at), [table]),
    overscan: SPARE_COLUMNS, initialRect: FIRST,
  });
  const down = useVirtualizer({
    count, getScrollElement, estimateSize: high, overscan: SPARE_ROWS, initialRect: FIRST,
    // The header stays in sight, above them.
    paddingStart: HEADER, scrollPaddingStart: HEADER,
  });
  // Another table under the same grid: a display that is updated.
  useEffect(() => across.measure(), [table, across]);
  return {
    rows: down.getVirtualItems(),
    columns: across.getVirtualItems(),
    width: across.getTotalSize(),
    height: down.getTotalSize(),
    reveal: ({ row, column }) => {
      if (row >= 0) down.scrollToIndex(row);
      across.scrollToIndex(column);
    },
  };
}

const high = (): number => ROW;
