"""Inputs and outputs of a node: tables that are read here or by a presigned address, and those it writes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace

from broker_config.wire.codec import compact, plain
from broker_config.wire.errors import StorageFailed
from broker_config.wire.events import OutputWritten
from broker_config.wire.flows import LARGEST_OUTPUT_PREVIEW_BYTES, InputsFound, PublishOutput, Table
from kernel_worker.agent.around import Around
from kernel_worker.agent.calls import Asked, Handler
from kernel_worker.agent.downloads import Wanted
from kernel_worker.agent.fetching import Origin, readable
from kernel_worker.agent.published import Published
from kernel_worker.agent.refusals import Refused

FETCHED_BYTES = 4 * 1024 * 1024
"""Up to here a table is fetched whole: faster than the requests of a lazy scan, and its sum is checked."""
LARGEST_COLUMNS_BYTES = 4 * 1024 * 1024
PREVIEWS_BYTES = 8 * 1024 * 1024
"""Of all outputs of an execution: they are told in one message."""
MOST_HERE = 64
"""Descriptors that are open at a time; what is over is read by its address."""
LEFT_S = 600.0
"""An address with less time left is not given out."""


class TableCalls:
    """Handlers of one execution."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._preview_bytes = 0

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of call."""
        return {"read_inputs": self._inputs, "publish_output": self._output}

    def _inputs(self, asked: Asked) -> None:
        board = self._around.look()
        with ExitStack() as opened:
            here: dict[int, int] = {}
            for n, table in enumerate(board.tables(asked.args.name)[:MOST_HERE]):
                fd = self._here(table)
                if fd is not None:
                    opened.callback(os.close, fd)
                    here[n] = fd
            asked.answer(plain(self._found(asked.args.name, here)), more=bool(here))
            for left, (n, fd) in zip(range(len(here) - 1, -1, -1), here.items(), strict=True):
                asked.answer({"index": n}, os.dup(fd), more=left > 0)

    def _found(self, name: str | None, here: Mapping[int, int]) -> InputsFound:
        board = self._around.look()
        tables = board.tables(name)
        if any(n not in here and _ends_soon(table) for n, table in enumerate(tables)):
            tables = self._around.look(again=True).tables(name)
        view = board.view
        assert view is not None
        shown = [replace(table, url="") if n in here else table for n, table in enumerate(tables)]
        return InputsFound(view.saved, view.in_flow, view.inputs, view.not_run, shown)

    def _here(self, table: Table) -> int | None:
        if table.size > FETCHED_BYTES:
            return self._around.content.open(table.sha256)
        what = f"input {table.input!r} (output {table.output!r} of node {table.node_id!r})"
        try:
            wanted = Wanted(table.size, table.sha256, what)
            return readable(self._around, Origin(wanted, lambda anew: self._address(table, anew)))
        except StorageFailed:
            return None  # by its address: the reader says what is wrong with it

    def _address(self, table: Table, anew: bool) -> str:
        if not anew and not _ends_soon(table):
            return table.url
        tables: Iterator[Table] = iter(self._around.look(again=True).tables(None))
        return next((t.url for t in tables if t.sha256 == table.sha256 and t.input == table.input), table.url)

    def _output(self, asked: Asked) -> None:
        around = self._around
        board = around.look()
        args: PublishOutput = asked.args
        name = board.check_output(args.name)
        if not board.saved:
            asked.answer({"replaced": False, "saved": False})
            return
        if len(compact({"columns": plain(args.columns)})) > LARGEST_COLUMNS_BYTES:
            raise Refused("ValueError", f"output {name!r} has too many columns, or their names are too long")
        args = self._bounded(args)
        file = around.expect(asked.fd, f"output {name!r}")
        one = Published(asked.number, replace(args, name=name), time.time(), file)
        around.take(asked.fd, file)
        try:
            around.staging.published(one, "output")
        except BaseException:
            around.forget(file)
            raise
        replaced = board.write(one)
        around.keep(file)
        asked.answer({"replaced": replaced, "saved": True})
        around.say(OutputWritten(name, args.rows, file.size))

    def _bounded(self, args: PublishOutput) -> PublishOutput:
        """Without a preview that is too large, or over what all previews of an execution may have."""
        try:
            size = len(compact(args.preview or {}))
        except (ValueError, TypeError, RecursionError):
            return replace(args, preview=None)
        if size > LARGEST_OUTPUT_PREVIEW_BYTES or self._preview_bytes + size > PREVIEWS_BYTES:
            return replace(args, preview=None)
        self._preview_bytes += size
        return args


def _ends_soon(table: Table) -> bool:
    return bool(table.url) and table.expires_at - time.time() < LEFT_S
