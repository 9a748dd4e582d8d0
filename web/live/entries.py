"""Entries of Redis streams as what subscribers get. A kernel is hostile: what does not fit is dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from broker_config.wire import names
from broker_config.wire.codec import decode, plain
from broker_config.wire.errors import BadMessage
from broker_config.wire.events import (
    FIELD,
    Answer,
    ArtifactChanged,
    ClearOutput,
    Display,
    Event,
    Finished,
    Log,
    NamespaceEnded,
    OutputWritten,
    Progress,
    Pulse,
    Ready,
    RunnerEnded,
    Started,
    Stream,
    UpdateDisplay,
    unpack,
)
from tasks.recording.checking import SUSPECT
from web.answers import dumps

OF_EXECUTIONS = (
    *(Started, Stream, Display, UpdateDisplay, ClearOutput, Log, Progress),
    *(OutputWritten, ArtifactChanged, Finished),
)
OF_KERNELS = (Ready, RunnerEnded, NamespaceEnded)

StreamId: TypeAlias = tuple[int, int]
Fields: TypeAlias = dict[bytes, bytes]
"""As Redis gives them undecoded: a kernel may write bytes that are no text."""
KEY = FIELD.encode()
LONGEST_EVENT = 16 * 1024 * 1024
LONGEST_NUMBER = 20
PLAIN_LINE = re.compile(rb"\{[\x20-\x7e]*\}")


@dataclass(frozen=True, slots=True)
class Live:
    """An event of a kernel for pages. ``size`` in bytes of ``text``, the JSON that a client gets."""

    uid: str
    at: StreamId
    event: Event
    text: str

    @property
    def size(self) -> int:
        """Bytes that it takes in a queue, about."""
        return len(self.text)

    @property
    def ends(self) -> str | None:
        """The execution that this event finishes."""
        return self.event.execution_id if isinstance(self.event.body, Finished) else None


@dataclass(frozen=True)
class Beat:
    """A kernel's heartbeat, with its memory."""

    uid: str
    pulse: Pulse
    size: int = 200

    @cached_property
    def text(self) -> str:
        """As clients get it: made once for all of them."""
        return dumps({"type": "pulse", "kernel_id": self.uid, **plain(self.pulse)})


@dataclass(frozen=True, slots=True)
class Changed:
    """Something about a kernel, a run of a flow or a list changed in the ledger.

    ``topic``: the kernel's uid, or what ``run_topic`` or ``list_topic`` makes of the run's id or list's name.
    """

    topic: str
    size: int = 50


RUN, LIST = "run:", "list:"


def run_topic(run_id: str) -> str:
    """A run among kernels' uids."""
    return f"{RUN}{run_id}"


def list_topic(name: str) -> str:
    """A list among kernels' uids."""
    return f"{LIST}{name}"


def lists_in(topics: Iterable[str]) -> list[str]:
    """Names of the lists among these topics."""
    return sorted(one.removeprefix(LIST) for one in topics if one.startswith(LIST))


SYSTEM = "system:"
"""The figures of the system, among kernels' uids."""


def runs_in(topics: Iterable[str]) -> frozenset[str]:
    """Ids of the runs among these topics."""
    return frozenset(one.removeprefix(RUN) for one in topics if one.startswith(RUN))


def kernels_in(topics: Iterable[str]) -> frozenset[str]:
    """Uids of the kernels among these topics."""
    return frozenset(one for one in topics if not one.startswith((RUN, LIST, SYSTEM)))


Entry: TypeAlias = Live | Beat | Changed


def parse_id(text: str | bytes) -> StreamId:
    """``"17-3"`` as ``(17, 3)``.

    Raises:
        ValueError: not a stream id.
    """
    text = text.decode() if isinstance(text, bytes) else text
    ms, _, number = text.partition("-")
    if not (ms.isdecimal() and number.isdecimal() and text.isascii()):
        raise ValueError("not a stream id")
    if max(len(ms), len(number)) > LONGEST_NUMBER or max(int(ms), int(number)) >= 2**64:
        raise ValueError("not a stream id")
    return int(ms), int(number)


def show_id(at: StreamId) -> str:
    """The reverse of ``parse_id``."""
    return f"{at[0]}-{at[1]}"


def read_out(uid: str, at: StreamId, fields: Fields) -> Live | Answer | None:
    """An entry of ``out``; None for what a kernel may not say there, or not about that execution."""
    raw = fields.get(KEY, b"")
    try:
        event = unpack(raw if len(raw) <= LONGEST_EVENT else b"")
        if isinstance(event.body, Answer):
            return event.body
        if not _belongs(uid, event):
            return None
        text = _text(uid, at, event, raw)
    except (BadMessage, ValueError, RecursionError):
        return None
    return Live(uid, at, event, text)


def _text(uid: str, at: StreamId, event: Event, raw: bytes) -> str:
    """The event as clients get it: one line of JSON, with its id and kernel in front."""
    head = f'{{"id":"{uid}:{show_id(at)}","kernel_id":"{uid}",'
    if PLAIN_LINE.fullmatch(raw) and not SUSPECT.search(raw):
        # The schema knew all of its fields; made by `pack` it need not be made again.
        return head + raw[1:].decode()
    body = {"type": event.type, "execution_id": event.execution_id, "seq": event.seq, "at": event.at}
    return head + json.dumps({**body, **plain(event.body)}, separators=(",", ":"), allow_nan=False)[1:]


def read_pulse(uid: str, fields: Fields) -> Beat | None:
    """An entry of ``pulse``; None when it does not fit."""
    try:
        return Beat(uid, decode(Pulse, fields.get(KEY, b"")))
    except BadMessage:
        return None


def _belongs(uid: str, event: Event) -> bool:
    if event.execution_id is None:
        return isinstance(event.body, OF_KERNELS)
    return isinstance(event.body, OF_EXECUTIONS) and names.kernel_of(event.execution_id) == uid
