"""An execution's output from its events, while the ledger does not have it yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from broker_config.wire.codec import plain
from broker_config.wire.events import (
    ClearOutput,
    Display,
    Finished,
    Log,
    OutputItem,
    Started,
    Stream,
    UpdateDisplay,
)
from web.live.entries import Live


class Assembly:
    """Takes events in order. ``complete`` says whether the first was there: else much may be missing."""

    def __init__(self) -> None:
        self.complete = False
        self.started: Live | None = None
        self.finished: Finished | None = None
        self._items: list[OutputItem] = []
        self._logs: list[dict[str, Any]] = []
        self._clear_next = False

    def take_all(self, entries: Iterable[Live]) -> Assembly:
        """Take events, oldest first; returns itself."""
        for entry in entries:
            self._take(entry)
        return self

    def output(self) -> dict[str, Any]:
        """``items`` and ``logs`` as plain data."""
        return {"items": [plain(item) for item in self._items], "logs": self._logs}

    def _take(self, entry: Live) -> None:
        body = entry.event.body
        if isinstance(body, Started):
            self.complete, self.started = True, entry
        elif isinstance(body, Finished):
            self.finished = body
        elif isinstance(body, Stream):
            self._stream(body)
        elif isinstance(body, Display | UpdateDisplay):
            self._display(body)
        elif isinstance(body, ClearOutput):
            self._clear(body)
        elif isinstance(body, Log):
            self._logs.append({"at": entry.event.at, **plain(body)})

    def _stream(self, body: Stream) -> None:
        self._clear_if_due()
        if body.skipped_bytes > 0:
            text = f"{body.skipped_bytes} bytes of {body.name} are not shown here"
            self._items.append(OutputItem("skipped", name=body.name, text=text))
        if not body.text:
            return
        last = self._items[-1] if self._items else None
        if last is not None and last.kind == "stream" and last.name == body.name:
            self._items[-1] = OutputItem("stream", name=body.name, text=(last.text or "") + body.text)
        else:
            self._items.append(OutputItem("stream", name=body.name, text=body.text))

    def _display(self, body: Display | UpdateDisplay) -> None:
        item = OutputItem("display", display_id=body.display_id, title=body.title, data=body.data)
        if isinstance(body, Display):
            self._clear_if_due()
            self._items.append(item)
            return
        for index, old in enumerate(self._items):
            if old.kind == "display" and old.display_id == body.display_id:
                self._items[index] = item

    def _clear(self, body: ClearOutput) -> None:
        if body.wait:
            self._clear_next = True
        else:
            self._items.clear()
            self._clear_next = False

    def _clear_if_due(self) -> None:
        if self._clear_next:
            self._items.clear()
            self._clear_next = False
