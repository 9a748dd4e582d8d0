"""What upstream nodes wrote, as lazy frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broker_config.wire.codec import build
from broker_config.wire.flows import RAN, InputsFound, ReadInputs, Table
from kernel_worker.runner.flowfile.arguments import input_name
from kernel_worker.runner.flowfile.session import session

if TYPE_CHECKING:
    import polars as pl

MAIN = "main"


def read_input(name: str = "main") -> pl.LazyFrame:
    """What came in under a name, as one lazy frame.

    Several tables under one name are put one below the other, in the order of their connections; columns
    in another order are put in that of the first. Nothing is read before the frame is collected, and then
    only the columns that are used. ``main`` is everything that comes in.

    Args:
        name: the name of the connection; without one, that of the upstream node.

    Returns:
        The rows of all tables under that name.

    Raises:
        KeyError: no input has that name; the message lists those there are.
        RuntimeError: an upstream node has not run yet, or ran and published no such output, or there is no
            upstream.
        ValueError: the tables have different columns; the message names the inputs and the columns.

    Example:
        orders = flowfile.read_input("orders")
        orders.filter(pl.col("amount") > 100).collect()
    """
    found = _ask(input_name(name))
    tables = found.under(name)
    frames = [found.frame(table) for table in tables]
    if len(frames) == 1:
        return frames[0]
    columns = _same_columns(tables, frames)
    import polars as pl

    return pl.concat([frame.select(columns) for frame in frames], how="vertical")


def read_first(name: str = "main") -> pl.LazyFrame:
    """The first table that came in under a name; the others are left.

    Args:
        name: as for ``read_input``.

    Returns:
        The rows of the table of the first connection.

    Raises:
        KeyError: no input has that name; the message lists those there are.
        RuntimeError: its upstream node has not run yet, or there is no upstream.

    Example:
        df = flowfile.read_first()
    """
    found = _ask(input_name(name))
    return found.frame(found.under(name, first=True)[0])


def read_inputs() -> dict[str, list[pl.LazyFrame]]:
    """Everything that comes in, by name.

    Returns:
        Name → its tables in the order of their connections, always a list. ``main`` holds all of them.

    Raises:
        RuntimeError: an upstream node has not run yet, or there is no upstream.

    Example:
        for name, frames in flowfile.read_inputs().items():
            print(name, len(frames))
    """
    found = _ask(None)
    if found.view.inputs:
        found.under(MAIN)
    frames = [(table.input, found.frame(table)) for table in found.view.tables]
    named = {name: [f for n, f in frames if n == name] for name in found.view.inputs if name != MAIN}
    return {MAIN: [frame for _name, frame in frames], **named}


@dataclass(slots=True)
class Found:
    """What the agent said, and where the tables that are here are read. ``paths``: index → path."""

    view: InputsFound
    paths: dict[int, str] = field(default_factory=dict)

    def under(self, name: str, first: bool = False) -> list[Table]:
        """The tables under a name, at least one; with ``first`` only that of the first has to be there."""
        view = self.view
        names = list(dict.fromkeys(view.inputs))
        if name != MAIN and name not in names:
            raise KeyError(f"there is no input {name!r}; there are: {', '.join([MAIN, *names])}")
        if not names:
            raise RuntimeError("there is no upstream: nothing is connected to this node's input")
        asked = names if name == MAIN else [name]
        missing = {n: view.not_run[n] for n in (asked[:1] if first else asked) if n in view.not_run}
        tables = [table for table in view.tables if name in {MAIN, table.input}]
        if missing or not tables:
            raise RuntimeError(_not_run(missing or {n: view.not_run.get(n, n) for n in asked}))
        return tables

    def frame(self, table: Table) -> pl.LazyFrame:
        """The lazy frame over a table."""
        from kernel_worker.runner.stored.polars_frames import scan

        path = self.paths.get(self.view.tables.index(table))
        frame: pl.LazyFrame = scan(path or table.url)
        return frame


def _ask(name: str | None) -> Found:
    here = session()
    found: Found | None = None
    for answer in here.calls.ask_all(ReadInputs(name)):
        if found is None:
            found = Found(build(InputsFound, answer.data))
            continue
        index = int(answer.data["index"])
        found.paths[index] = here.shelf().put(found.view.tables[index].sha256, answer.take_fd())
    if found is None or not found.view.saved:
        raise RuntimeError(
            "there is no upstream: this notebook is not part of a saved flow. Read a file instead, as in "
            'pl.scan_parquet(flowfile.get_shared_location("folder/name.parquet"))'
        )
    if not found.view.in_flow:
        raise RuntimeError(
            "there is no upstream: this node is not in the flow as it was saved last. Save the flow and run "
            "the cell again"
        )
    return found


def _not_run(missing: dict[str, str]) -> str:
    """What is not there: of nodes that have not run, else of those that ran and published something else."""
    waiting = ", ".join(f"{node!r} (input {name!r})" for name, node in missing.items() if RAN not in node)
    if waiting:
        return (
            f"upstream nodes have not run yet: {waiting}. Run them first; their latest outputs are read then"
        )
    ran = "; ".join(
        f"{node.partition(RAN)[0]!r}{RAN}{node.partition(RAN)[2]} (input {name!r})"
        for name, node in missing.items()
    )
    return f"there is nothing to read: {ran}. Publish it there, as in publish_output(df), and run it again"


def _same_columns(tables: Sequence[Table], frames: Sequence[pl.LazyFrame]) -> list[str]:
    """The names of the first table's columns, if all have the same with the same types."""
    schemas = [
        {column.name: column.type for column in table.columns}
        or {name: str(kind) for name, kind in frame.collect_schema().items()}
        for table, frame in zip(tables, frames, strict=True)
    ]
    first = schemas[0]
    wrong = [
        f"{_differences(tables[0].input, first, table.input, schema)}"
        for table, schema in zip(tables[1:], schemas[1:], strict=True)
        if schema != first
    ]
    if wrong:
        raise ValueError(
            f"the inputs cannot be put one below the other: {'; '.join(wrong[:5])}. Read them one by one, as "
            f"in read_input({tables[0].input!r}), or with read_inputs()"
        )
    return list(first)


def _differences(one: str, first: dict[str, str], other: str, second: dict[str, str]) -> str:
    said = [f"column {n!r} is only in {one!r}" for n in first if n not in second]
    said += [f"column {n!r} is only in {other!r}" for n in second if n not in first]
    said += [
        f"column {n!r} is {kind} in {one!r} and {second[n]} in {other!r}"
        for n, kind in first.items()
        if n in second and second[n] != kind
    ]
    more = f" and {len(said) - 10} more" if len(said) > 10 else ""
    return f"{', '.join(said[:10])}{more}"
