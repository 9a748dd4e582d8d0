"""What an execution has put out, within the caps: builds the ``items`` of its result. Pure.

The runner is hostile: every number of things and every size is bounded here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from broker_config.wire.events import LogRecord, OutputItem, Truncated
from kernel_worker.agent.pieces import Piece, StreamState, Tail

MOST_ITEMS = 20_000
MOST_DISPLAYS = 10_000
MOST_LOGS = 10_000
LONGEST_LOG = 16_384
LOG_BYTES = 4 * 1024 * 1024
LONGEST_ID = 200
LONGEST_TITLE = 1_000


@dataclass(slots=True)
class Shown:
    """A display in its place. ``size``: inline bytes of its data."""

    order: int
    display_id: str
    title: str
    data: dict[str, Any]
    size: int


class Collector:
    """Output of one execution. ``head_bytes`` and ``tail_bytes`` are per stream."""

    def __init__(self, head_bytes: int, tail_bytes: int) -> None:
        self._limits = (head_bytes, tail_bytes)
        self.logs: list[LogRecord] = []
        self.inline_bytes = 0
        self._log_bytes = 0
        self.dropped_logs = 0
        self._clear_next = False
        self._sealed = 0
        self._logs_sealed = 0
        self._reset()

    def _reset(self) -> None:
        head, tail = self._limits
        self.streams = {name: StreamState(name, head, Tail(tail)) for name in ("stdout", "stderr")}
        self._pieces: list[Piece | Shown] = []
        self._displays: dict[str, list[Shown]] = {}
        self._count = 0
        self._order = 0
        self._last: str | None = None
        self.dropped_displays = 0
        self.inline_bytes = 0
        self._sealed = 0

    def text(self, name: str, data: bytes) -> bytes:
        """Take text of a stream; the part that belongs to the head, which may go out live at once."""
        self._clear_if_due()
        stream = self.streams[name]
        head = stream.take_head(data)
        if head:
            self._add_head(name, head)
        if len(head) < len(data):
            self._turn(name)
            stream.tail.add(self._order, name, data[len(head) :])
        return head

    def show(self, display_id: str, title: str, data: dict[str, Any], size: int) -> bool:
        """Take a display; False when there are too many (it is counted)."""
        self._clear_if_due()
        if self._count >= MOST_DISPLAYS:
            self.dropped_displays += 1
            return False
        self._turn(None)
        shown = Shown(self._order, display_id[:LONGEST_ID], title[:LONGEST_TITLE], data, size)
        self._pieces.append(shown)
        self._displays.setdefault(shown.display_id, []).append(shown)
        self._count += 1
        self.inline_bytes += size
        return True

    def update(self, display_id: str, title: str, data: dict[str, Any], size: int) -> bool:
        """Replace the displays of that id; False when there is none."""
        shown = self._displays.get(display_id[:LONGEST_ID], [])
        for one in shown:
            self.inline_bytes += size - one.size
            one.title, one.data, one.size = title[:LONGEST_TITLE], data, size
        return bool(shown)

    def clear(self, wait: bool) -> None:
        """Forget the output so far; with ``wait`` when the next one comes."""
        if wait:
            self._clear_next = True
        else:
            self._clear_next = False
            self._reset()

    def log(self, record: LogRecord) -> bool:
        """Take a log line; False when there are too many (it is counted)."""
        message = record.message[:LONGEST_LOG]
        if len(self.logs) >= MOST_LOGS or self._log_bytes > LOG_BYTES:
            self.dropped_logs += 1
            return False
        self._log_bytes += len(message)
        self.logs.append(LogRecord(record.at, record.level[:16], message, record.logger[:LONGEST_ID]))
        return True

    def items(self) -> list[OutputItem]:
        """All kept output in the order of writing: heads, a ``skipped`` item, tails, displays."""
        kept = [*self._pieces, *(piece for s in self.streams.values() for piece in s.tail.pieces)]
        pieces: list[Piece | Shown | OutputItem] = [*sorted(kept, key=lambda piece: piece.order)]
        for stream in self.streams.values():
            if stream.skipped > 0:
                pieces.insert(_place_of_gap(pieces, stream), _gap(stream))
        if self.dropped_displays:
            text = f"{self.dropped_displays} more displays are not kept"
            pieces.append(OutputItem("skipped", name="display", text=text))
        return _merge(pieces)

    def truncated(self) -> list[Truncated]:
        """Streams that lost text between head and tail."""
        return [Truncated(s.name, s.total, s.kept) for s in self.streams.values() if s.skipped > 0]

    def fresh(self) -> tuple[list[OutputItem], list[LogRecord]]:
        """Head output and logs since the last call, for a checkpoint."""
        items = _merge(list(self._pieces[self._sealed :]))
        logs = self.logs[self._logs_sealed :]
        self._sealed, self._logs_sealed = len(self._pieces), len(self.logs)
        self._last = None  # what follows begins a piece of its own
        return items, logs

    def _add_head(self, name: str, data: bytes) -> None:
        last = self._pieces[-1] if len(self._pieces) > self._sealed else None
        if isinstance(last, Piece) and last.name == name and self._last == name:
            last.data += data
        elif len(self._pieces) < MOST_ITEMS:
            self._turn(name)
            self._pieces.append(Piece(self._order, name, bytearray(data)))
        else:
            self._append_anywhere(name, data)

    def _append_anywhere(self, name: str, data: bytes) -> None:
        """Too many pieces (one byte each, in turns): keep the text, give up its place."""
        for piece in reversed(self._pieces):
            if isinstance(piece, Piece) and piece.name == name:
                piece.data += data
                return

    def _turn(self, name: str | None) -> None:
        """Begin a new place in the order unless the same stream goes on."""
        if name is None or name != self._last:
            self._order += 1
        self._last = name

    def _clear_if_due(self) -> None:
        if self._clear_next:
            self.clear(wait=False)


def _gap(stream: StreamState) -> OutputItem:
    text = f"{stream.skipped} bytes of {stream.name} are not shown here"
    return OutputItem("skipped", name=stream.name, text=text)


def _place_of_gap(pieces: list[Piece | Shown | OutputItem], stream: StreamState) -> int:
    first = stream.tail.pieces[0] if stream.tail.pieces else None
    return next((index for index, piece in enumerate(pieces) if piece is first), len(pieces))


def _merge(pieces: list[Piece | Shown | OutputItem]) -> list[OutputItem]:
    """Items of pieces; adjacent text of one stream becomes one item."""
    items: list[OutputItem] = []
    text: list[bytes | bytearray] = []
    name: str | None = None

    def flush() -> None:
        if text:
            items.append(OutputItem("stream", name=name, text=b"".join(text).decode("utf-8", "replace")))
            text.clear()

    for piece in pieces:
        if isinstance(piece, Piece):
            if piece.name != name:
                flush()
            name = piece.name
            text.append(piece.data)
            continue
        flush()
        name = None
        items.append(piece if isinstance(piece, OutputItem) else _item(piece))
    flush()
    return items


def _item(shown: Shown) -> OutputItem:
    return OutputItem("display", display_id=shown.display_id, title=shown.title, data=shown.data)
