"""``sys.stdout`` and ``sys.stderr`` of user code."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable
from typing import Any

from kernel_worker.runner.outbox import Outbox


class Bytes(io.RawIOBase):
    """The stream's ``buffer``: bytes, decoded as UTF-8, bad ones replaced."""

    def __init__(self, outbox: Outbox, kind: bytes, fd: int) -> None:
        self._outbox = outbox
        self._kind = kind
        self._fd = fd
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._outbox.put(self._kind, self._decoder.decode(view))
        return len(view)

    def flush(self) -> None:
        self._outbox.drain()

    def close(self) -> None:
        """Stays open: later cells write here too."""


class CellStream(io.TextIOBase):
    """A text stream that queues for the agent. It cannot be closed.

    ``fd`` is what ``fileno`` answers: 1 or 2, which lead to the same place (see ``fdcapture``).
    """

    encoding = "utf-8"
    errors = "replace"
    line_buffering = False
    write_through = False

    def __init__(self, outbox: Outbox, kind: bytes, name: str, fd: int) -> None:
        self._put = outbox.put
        self._drain = outbox.drain
        self._kind = kind
        self._fd = fd
        self.name = f"<{name}>"
        self.mode = "w"
        self.buffer = Bytes(outbox, kind, fd)

    def write(self, text: str) -> int:
        """Queue text.

        Raises:
            TypeError: not a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self._put(self._kind, text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        for line in lines:
            self.write(line)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._fd

    def flush(self) -> None:
        self._drain()

    def reconfigure(self, **_options: Any) -> None:
        """Nothing can be set: text always goes as UTF-8."""

    def close(self) -> None:
        """Stays open: later cells write here too."""
