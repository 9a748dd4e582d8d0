"""What C code and child processes write to descriptors 1 and 2, caught per cell."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import threading
from dataclasses import dataclass, field

from broker_config.wire.frames import STDERR, STDOUT
from kernel_worker.runner.outbox import Outbox

READ_BYTES = 65_536
MOST_ABANDONED = 64
MOST_LAST_READS = 16  # a pipe holds 64 KiB to 1 MiB; a process left behind may fill it without end


@dataclass(slots=True)
class Pipe:
    """One descriptor's pipe of one cell. ``abandoned``: what still comes goes nowhere."""

    reader: int
    kind: bytes
    abandoned: bool = False
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )


class FdCapture:
    """Fresh pipes on 1 and 2 for each cell.

    A process left behind keeps its cell's pipe, which is read into nowhere until it closes it, so
    that the process neither writes into a later cell nor is killed by SIGPIPE.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._poll = select.epoll()
        self._lock = threading.Lock()
        self._pipes: dict[int, Pipe] = {}
        self._null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        self._current: list[Pipe] = []
        for fd in (1, 2):
            os.dup2(self._null, fd)

    def begin(self) -> None:
        """A cell begins: whatever was done to 1 and 2, they lead to its pipes now."""
        self._current = [self._attach(1, STDOUT), self._attach(2, STDERR)]

    def end(self) -> None:
        """The cell ended: queue what is already written and abandon the pipes."""
        # The reader thread need not wake for the end of pipes that nobody else holds.
        for pipe in self._current:
            with contextlib.suppress(OSError):
                self._poll.unregister(pipe.reader)
        for fd in (1, 2):
            os.dup2(self._null, fd)
        with self._lock:
            for pipe in self._current:
                for _ in range(MOST_LAST_READS):
                    if not self._read(pipe):
                        break
                pipe.abandoned = True
                if pipe.reader in self._pipes:
                    self._poll.register(pipe.reader, select.EPOLLIN)
            self._current = []
            self._forget_oldest()

    def read_pipes(self) -> None:
        """Body of the reader thread."""
        while True:
            for fd, _event in self._poll.poll():
                with self._lock:
                    pipe = self._pipes.get(fd)
                    if pipe is not None:
                        self._read(pipe)

    def _attach(self, fd: int, kind: bytes) -> Pipe:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.dup2(writer, fd)
        os.close(writer)
        pipe = Pipe(reader, kind)
        with self._lock:
            self._pipes[reader] = pipe
        self._poll.register(reader, select.EPOLLIN)
        return pipe

    def _read(self, pipe: Pipe) -> bool:
        """One read; False when nothing is there now, or nobody can write any more."""
        if pipe.reader not in self._pipes:
            return False
        try:
            data = os.read(pipe.reader, READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not pipe.abandoned and (text := pipe.decoder.decode(data, not data)):
            self._outbox.put(pipe.kind, text)
        if not data:
            self._close(pipe)
        return bool(data)

    def _close(self, pipe: Pipe) -> None:
        del self._pipes[pipe.reader]
        with contextlib.suppress(OSError):
            self._poll.unregister(pipe.reader)
        os.close(pipe.reader)

    def _forget_oldest(self) -> None:
        for pipe in list(self._pipes.values())[:-MOST_ABANDONED]:
            self._close(pipe)
