"""Frames between agent and runner over SOCK_SEQPACKET pairs: one pair for cells, one for control.

A frame is one or more packets: a byte of flags (1: more packets follow), a byte of kind, up to
``PACKET_BYTES`` of payload; descriptors ride on the last packet. Kinds: ``j`` a JSON message of
the unions below, ``o`` and ``e`` raw UTF-8 text of stdout and stderr.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker_config.wire.codec import decode_tagged, encode_tagged
from broker_config.wire.errors import BadMessage
from broker_config.wire.events import CellError
from broker_config.wire.flows import Refusal

PACKET_BYTES = 60_000
LARGEST_FRAME_BYTES = 64 * 1024 * 1024
MOST_FDS = 4
JSON, STDOUT, STDERR = b"j", b"o", b"e"
_MORE = 1

# Agent → runner, cells -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Execute:
    """Run this cell. ``epoch`` is the namespace's number; a higher one than the runner's clears it first.

    ``run_id``: in the namespace of that run of a flow, with its ``parameters`` (as in ``flows.FlowView``).
    A descriptor that comes along is a spare: an empty file of the agent's, for the runner to write into.
    """

    TYPE: ClassVar[str] = "execute"
    execution_id: str
    code: str
    flow_id: str
    node_id: str | None
    interactive: bool
    epoch: int | None
    run_id: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SharedReply:
    """Answer to ``AskShared``: one descriptor is attached when ``found``; ``more`` files follow.

    The agent owns the descriptor's file; the runner copies it to ``path`` below its shared folder.
    ``sha256`` without a descriptor: this version is what the runner itself handed over with that sum.
    """

    TYPE: ClassVar[str] = "shared_reply"
    path: str
    found: bool
    version: int = 0
    more: bool = False
    error: str | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class SharedTaken:
    """Answer to ``HandShared``, after its cell: stored with this sum (hex), or with None not stored."""

    TYPE: ClassVar[str] = "shared_taken"
    number: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class CallReply:
    """Answer to the ``Call`` of that number, with a descriptor where its kind says so.

    The last answer to a call that brought a file may bring a spare, as ``Execute`` does.

    ``more``: another follows. ``refusal``: there is no answer, and why.
    """

    TYPE: ClassVar[str] = "call_reply"
    number: int
    data: dict[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None
    more: bool = False


# Runner → agent, cells -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """First frame of a runner: it can take cells."""

    TYPE: ClassVar[str] = "hello"
    generation: str
    pid: int
    python: str


@dataclass(frozen=True, slots=True)
class Show:
    """A display; ``update`` replaces the one with this id."""

    TYPE: ClassVar[str] = "show"
    display_id: str
    title: str
    data: dict[str, Any]
    update: bool = False


@dataclass(frozen=True, slots=True)
class Clear:
    TYPE: ClassVar[str] = "clear"
    wait: bool = False


@dataclass(frozen=True, slots=True)
class LogLine:
    TYPE: ClassVar[str] = "log"
    level: str
    message: str
    logger: str = "flowfile"


@dataclass(frozen=True, slots=True)
class Step:
    """A progress bar's state."""

    TYPE: ClassVar[str] = "step"
    progress_id: str
    label: str
    done: float
    total: float | None = None


@dataclass(frozen=True, slots=True)
class AskShared:
    """The cell asks for a shared file, or all below a folder; the runner waits for ``SharedReply``.

    By path: ``known`` versions, and sums of what this kernel stored ``own`` whose version it does not know.
    """

    TYPE: ClassVar[str] = "ask_shared"
    path: str
    known: dict[str, int] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandShared:
    """A shared file that a cell wrote; its open descriptor is attached.

    ``number`` is this handing's own, for ``SharedTaken``. ``again``: an earlier cell wrote it, and that it
    was stored was never said.
    """

    TYPE: ClassVar[str] = "hand_shared"
    path: str
    number: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A question about inputs, outputs, artifacts or the catalog; see ``wire.flows``.

    The runner waits for its ``CallReply``; ``number`` is this question's own in its runner.
    """

    TYPE: ClassVar[str] = "call"
    number: int
    kind: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The cell ended: ``status`` succeeded, failed or cancelled. Last frame of an execution."""

    TYPE: ClassVar[str] = "done"
    execution_id: str
    status: str
    execution_count: int | None
    wall_s: float
    cpu_s: float
    memory_peak_bytes: int | None
    error: CellError | None = None


# Control, agent → runner -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InterruptCell:
    """Raise KeyboardInterrupt in that execution; remembered if it has not begun, ignored if it ended."""

    TYPE: ClassVar[str] = "interrupt"
    execution_id: str


@dataclass(frozen=True, slots=True)
class DropRun:
    """Drop the namespace of a flow's run when idle."""

    TYPE: ClassVar[str] = "drop_run"
    run_id: str


@dataclass(frozen=True, slots=True)
class ClearNamespace:
    """Clear a flow's variables when idle, after interrupting its running cell."""

    TYPE: ClassVar[str] = "clear_namespace"
    flow_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Question:
    """``complete``, ``inspect``, ``signature``, ``variables``, ``ping`` (see ``messages.Ask``) or ``load``.

    ``load`` brings an artifact's file as a descriptor; ``args`` are its ``sha256``, ``format`` and ``meta``.
    """

    TYPE: ClassVar[str] = "question"
    request: str
    kind: str
    args: dict[str, Any]


# Control, runner → agent -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    TYPE: ClassVar[str] = "reply"
    request: str
    data: dict[str, Any]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Evicted:
    """A flow's namespace was dropped to make room."""

    TYPE: ClassVar[str] = "evicted"
    flow_id: str
    reason: str


MESSAGES: dict[str, type] = {
    m.TYPE: m
    for m in (
        *(
            Execute,
            SharedReply,
            SharedTaken,
            CallReply,
            Call,
            Hello,
            Show,
            Clear,
            LogLine,
            Step,
            AskShared,
            HandShared,
            Done,
        ),
        *(InterruptCell, DropRun, ClearNamespace, Question, Reply, Evicted),
    )
}


@dataclass(slots=True)
class Frame:
    """One received frame. ``message`` is set for JSON, ``text`` for stdout and stderr.

    The receiver closes ``fds``.
    """

    kind: bytes
    payload: bytes
    fds: list[int] = field(default_factory=list)

    @property
    def message(self) -> Any:
        """The JSON message.

        Raises:
            BadMessage: the other side wrote what no schema knows.
        """
        return decode_tagged(MESSAGES, self.payload)

    @property
    def text(self) -> str:
        """Text of a stdout or stderr frame; bad bytes are replaced."""
        return self.payload.decode("utf-8", "replace")

    def close(self) -> None:
        """Close the descriptors that came along."""
        _close(self.fds)
        self.fds.clear()


class Channel:
    """One end of a SEQPACKET pair. Frames of several threads do not mix."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._sending = threading.Lock()
        self._parts: list[bytes] = []
        self._size = 0

    def fileno(self) -> int:
        """For ``select``."""
        return self.sock.fileno()

    def send(self, message: Any, fds: Sequence[int] = (), patient_s: float = 0.0) -> None:
        """Send a JSON message with descriptors.

        Raises:
            OSError: the other side is gone.
        """
        self.send_raw(JSON, encode_tagged(message).encode(), fds, patient_s)

    def send_raw(self, kind: bytes, payload: bytes, fds: Sequence[int] = (), patient_s: float = 0.0) -> None:
        """Send a payload of that kind in as many packets as it takes.

        ``patient_s``: seconds to go on where the socket's own timeout, which may be that of another thread's
        reading, has passed: what breaks off between two packets leaves a frame that nobody can read.
        """
        with self._sending:
            until = time.monotonic() + patient_s
            view = memoryview(payload)
            while len(view) > PACKET_BYTES:
                self._packet([bytes([_MORE]), kind, view[:PACKET_BYTES]], [], until)
                view = view[PACKET_BYTES:]
            self._packet([b"\0", kind, view], _rights(fds), until)

    def _packet(self, parts: list[Any], rights: list[tuple[int, int, bytes]], until: float) -> None:
        while True:
            try:
                self.sock.sendmsg(parts, rights)
            except TimeoutError:
                if time.monotonic() >= until:
                    raise
            else:
                return

    def recv(self) -> Frame | None:
        """The next whole frame; None when the other side is gone.

        Raises:
            TimeoutError: the socket's timeout passed; call again.
            BadMessage: a frame over ``LARGEST_FRAME_BYTES``.
        """
        while True:
            packet, fds = _receive(self.sock)
            if not packet:
                return None
            if not packet[0] & _MORE:
                self._parts.append(packet[2:])
                payload, self._parts, self._size = b"".join(self._parts), [], 0
                return Frame(packet[1:2], payload, fds)
            _close(fds)  # they ride on the last packet: the other side keeps to nothing
            self._parts.append(packet[2:])
            self._size += len(packet)
            if self._size > LARGEST_FRAME_BYTES:
                self._parts, self._size = [], 0
                raise BadMessage("a frame is over the limit")

    def frames(self) -> Iterator[Frame]:
        """Frames until the other side is gone."""
        while (frame := self.recv()) is not None:
            yield frame

    def close(self) -> None:
        """Close this end."""
        self.sock.close()


def pair() -> tuple[socket.socket, socket.socket]:
    """A connected SEQPACKET pair."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _close(fds: Sequence[int]) -> None:
    for fd in fds:
        with contextlib.suppress(OSError):
            os.close(fd)


def _rights(fds: Sequence[int]) -> list[tuple[int, int, bytes]]:
    if not fds:
        return []
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds).tobytes())]


def _receive(sock: socket.socket) -> tuple[bytes, list[int]]:
    room = socket.CMSG_SPACE(MOST_FDS * 4)
    try:
        data, ancillary, _flags, _address = sock.recvmsg(PACKET_BYTES + 2, room, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return b"", []
    fds = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    return data, list(fds)
