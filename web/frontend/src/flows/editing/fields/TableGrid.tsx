import { Plus, X } from "lucide-react";
import { useState, type ClipboardEvent, type KeyboardEvent } from "react";
import { Button, IconButton } from "../../../parts/Button";
import { counted } from "../../../words/sizes";
import { INLINE_TYPES, isWrong, pasted, valueOf, withColumn, withHead, withoutColumn, withoutRow, withRow, withValue, written, type Head, type Table } from "../tables";
import { useText } from "../useText";

const PER_PAGE = 50;

// A small table, cell by cell; what a sheet of calculations copies is pasted from the cell on that has the focus.
export function TableGrid({ table, onSet }: { table: Table; onSet: (table: Table, key?: string) => void }) {
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(table.rows.length / PER_PAGE));
  const at = Math.min(page, pages - 1);
  const first = at * PER_PAGE;
  const add = (): void => {
    onSet(withRow(table));
    setPage(Math.floor(table.rows.length / PER_PAGE));
  };
  return (
    <div className="stack small-gap">
      <div className="scroll-x inline-grid" role="region" aria-label="The table that is written here">
        <table>
          <thead>
            <tr>
              {table.columns.map((head, column) => (
                <th key={column} scope="col">
                  <div className="row">
                    <input
                      className="mono" aria-label={`Name of column ${column + 1}`} value={head.name} maxLength={200} spellCheck={false}
                      onChange={(event) => onSet(withHead(table, column, { name: event.target.value }), `head ${column}`)}
                    />
                    <IconButton small icon={X} label={`Delete column ${head.name}`} onClick={() => onSet(withoutColumn(table, column))} />
                  </div>
                  <select aria-label={`Type of ${head.name}`} value={head.type} onChange={(event) => onSet(withHead(table, column, { type: event.target.value }))}>
                    {INLINE_TYPES.map((one) => <option key={one} value={one}>{one}</option>)}
                  </select>
                </th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {table.rows.slice(first, first + PER_PAGE).map((row, index) => (
              <Row key={first + index} {...{ table, row, onSet }} at={first + index} />
            ))}
          </tbody>
        </table>
      </div>
      <div className="row wrap">
        <Button small icon={Plus} onClick={add}>Add a row</Button>
        <Button small icon={Plus} onClick={() => onSet(withColumn(table))}>Add a column</Button>
        <span className="faint num">{counted(table.rows.length, "row")}</span>
        {pages > 1 && (
          <>
            <span className="grow" />
            <Button small disabled={at === 0} onClick={() => setPage(at - 1)}>Before</Button>
            <span className="faint num">{at + 1} of {pages}</span>
            <Button small disabled={at === pages - 1} onClick={() => setPage(at + 1)}>Next</Button>
          </>
        )}
      </div>
    </div>
  );
}

interface RowProps { table: Table; row: unknown[]; at: number; onSet: (table: Table, key?: string) => void }

function Row({ table, row, at, onSet }: RowProps) {
  const paste = (event: ClipboardEvent, column: number): void => {
    const text = event.clipboardData.getData("text/plain");
    if (!/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    onSet(pasted(table, at, column, text));
  };
  return (
    <tr>
      {table.columns.map((head, column) => {
        const value = row[column] ?? null;
        return (
          <td key={column}>
            <OneValue {...{ head, value, at }} onPaste={(event) => paste(event, column)} onSet={(next) => onSet(withValue(table, at, column, next), `cell ${at} ${column}`)} />
          </td>
        );
      })}
      <td><IconButton small icon={X} label={`Delete row ${at + 1}`} onClick={() => onSet(withoutRow(table, at))} /></td>
    </tr>
  );
}

interface ValueProps { head: Head; value: unknown; at: number; onPaste: (event: ClipboardEvent) => void; onSet: (value: unknown) => void }

function OneValue({ head: { name, type }, value, at, onPaste, onSet }: ValueProps) {
  const { text, put } = useText(value, (given) => valueOf(given, type), written, onSet);
  return (
    <input
      className="mono" aria-label={`${name}, row ${at + 1}`} value={text} placeholder={value === null ? "null" : ""} spellCheck={false} {...{ onPaste }}
      {...(isWrong(value, type) && { "aria-invalid": true, title: `No ${type}` })} onKeyDown={goOn} onChange={(event) => put(event.target.value)}
    />
  );
}

// Up and down, and Enter, go to the same column of another row.
function goOn(event: KeyboardEvent<HTMLInputElement>): void {
  const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" || event.key === "Enter" ? 1 : 0;
  const row = event.currentTarget.closest("tr");
  const column = event.currentTarget.closest("td")?.cellIndex;
  if (step === 0 || !row || column === undefined) return;
  event.preventDefault();
  const other = (step === 1 ? row.nextElementSibling : row.previousElementSibling) as HTMLTableRowElement | null;
  other?.cells[column]?.querySelector("input")?.focus();
}
