import { Popover } from "radix-ui";
import { useRef, type ReactElement } from "react";
import type { HeaderProps } from "./HeaderCell";
import { nameOf } from "./words";
import { ColumnFigures } from "./ColumnFigures";
import { ColumnFilter } from "./ColumnFilter";

type Props = Pick<HeaderProps, "table" | "column" | "filter" | "open" | "onFilter" | "onOpen"> & { children: ReactElement };

// What is known of a column, and what it is narrowed to.
export function ColumnPanel({ table, column, filter, open, onFilter, onOpen, children }: Props) {
  const { type = "" } = table.columns[column] ?? {};
  const trigger = useRef<HTMLButtonElement>(null);
  const set = (changed: typeof filter): void => onFilter(column, changed);
  return (
    <Popover.Root open={open} onOpenChange={(next) => onOpen(next ? column : null)}>
      <Popover.Trigger asChild ref={trigger}>{children}</Popover.Trigger>
      <Popover.Portal>
        {/* What is pressed in it is no key of the grid, nor of the notebook around it. */}
        <Popover.Content
          className="column-panel" align="end" sideOffset={6} collisionPadding={12} onKeyDown={(event) => event.stopPropagation()}
          aria-label={nameOf(table.columns[column], column)} onMouseDown={(event) => event.stopPropagation()}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            trigger.current?.closest<HTMLElement>("[role=grid]")?.focus();
          }}
        >
          <div className="head">
            <strong className="mono">{nameOf(table.columns[column], column)}</strong> <span className="faint mono">{type}</span>
          </div>
          <ColumnFilter {...{ table, column, filter, set }} />
          <ColumnFigures {...{ table, column, filter, set }} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
