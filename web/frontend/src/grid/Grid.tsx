import { useId, useRef, useState } from "react";
import "../styles/grid.css";
import { writeText } from "../parts/Copy";
import { CellSheet } from "./CellSheet";
import { GridBody } from "./GridBody";
import { GridFooter, shape } from "./GridFooter";
import { GridHeader } from "./GridHeader";
import { HEADER, ROW, TALLEST } from "./heights";
import { useGridModel } from "./model";
import { area } from "./moving";
import { valueAt, type Table } from "./table";
import { useSight } from "./useSight";
import { useSpots } from "./useSpots";
import { written } from "./words";

// A table: sorted, narrowed, searched, copied; only what is in sight is drawn.
export function Grid({ table, title }: { table: Table; title: string }) {
  const model = useGridModel(table);
  const { rows } = model;
  const scroller = useRef<HTMLDivElement>(null);
  const sight = useSight(table, rows.length, scroller);
  const [open, setOpen] = useState<number | null>(null);
  const [viewed, setViewed] = useState<{ row: number; column: number } | null>(null);
  const spots = useSpots({
    rows: rows.length, columns: table.columns.length, page: Math.floor((TALLEST - HEADER) / ROW), reveal: sight.reveal,
    onSort: model.sort, onOpen: setOpen, onView: setViewed,
    onCopy: async (selected) => {
      await writeText(written(rows.map(({ original }) => original), area(selected)));
      scroller.current?.focus();
    },
  });
  const id = useId();
  const { active, selection } = spots;
  if (table.columns.length === 0) return <p className="faint">{shape(table, rows.length, false)}: no columns.</p>;
  return (
    <div className="grid">
      <div
        ref={scroller} className="scroller" style={{ maxHeight: TALLEST }} role="grid" tabIndex={0} aria-label={title || "Table"}
        aria-rowcount={rows.length + 1} aria-colcount={table.columns.length} aria-multiselectable aria-describedby={`${id}-keys`}
        aria-activedescendant={active ? `${id}-${active.row}-${active.column}` : undefined}
        onKeyDown={spots.onKeyDown} onMouseDown={spots.onMouseDown} onMouseMove={spots.onMouseMove}
        onDoubleClick={spots.onDoubleClick}
      >
        <table role="none" style={{ width: sight.width, height: sight.height }}>
          <GridHeader {...{ table, model, id, active, open }} columns={sight.columns} onOpen={setOpen} />
          <GridBody {...{ table, rows, id, active, selection }} inSight={sight.rows} columns={sight.columns} />
        </table>
      </div>
      <span id={`${id}-keys`} className="hidden-text">
        Arrow keys move. Enter shows a whole value, and sorts on a column&apos;s name. Alt and down opens a column&apos;s figures and
        filter. Control and C copies.
      </span>
      {rows.length === 0 && <p className="faint none">{model.narrowed ? "No row is like this." : "No rows."}</p>}
      <GridFooter table={table} model={model} />
      {viewed && (
        <CellSheet
          column={table.columns[viewed.column]} spot={viewed} value={valueAt(rows[viewed.row]?.original, viewed.column)}
          onClose={() => setViewed(null)}
        />
      )}
    </div>
  );
}
