"""Events of kernels on their streams. One Redis entry holds one event in its field ``e``.

``out`` carries what pages show; ``events`` what the recorder and the desk need. JSON shape:
``{"type", "execution_id", "seq", "at", ...fields of the body}``; ``seq`` counts per execution
from 0 (kernel-level events have execution_id null and seq 0); ``at`` is unix seconds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker_config.wire.codec import build, compact, plain
from broker_config.wire.errors import BadMessage
from broker_config.wire.states import ExecutionState

FIELD = "e"


@dataclass(frozen=True, slots=True)
class CellError:
    """An error as data. ``traceback`` holds lines, ANSI colours kept; ``line`` is the cell's own, from 1."""

    type: str
    message: str
    traceback: list[str]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class OutputItem:
    """One piece of a cell's output, in the order of writing.

    kind ``stream``: ``name`` is stdout or stderr, ``text``. kind ``skipped``: ``text`` says how
    many bytes of which stream are not here. kind ``display``: ``display_id``, ``title``, ``data``
    (mime → content; a big one is ``{"ref": object key, "size": bytes}``).
    """

    kind: str
    name: str | None = None
    text: str | None = None
    display_id: str | None = None
    title: str | None = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log line: ``at`` unix seconds, ``level`` DEBUG, INFO, WARNING, ERROR or CRITICAL."""

    at: float
    level: str
    message: str
    logger: str = "flowfile"


@dataclass(frozen=True, slots=True)
class Truncated:
    """What a stream lost between head and tail; ``full`` is the object key of the whole text, if kept."""

    name: str
    total_bytes: int
    kept_bytes: int
    full: str | None = None


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """How an execution ended. Times in unix seconds, durations in seconds, memory in bytes."""

    status: ExecutionState
    generation: str
    execution_count: int | None = None
    started_at: float | None = None
    finished_at: float | None = None
    wall_s: float | None = None
    cpu_s: float | None = None
    memory_peak_bytes: int | None = None
    items: list[OutputItem] = field(default_factory=list)
    truncated: list[Truncated] = field(default_factory=list)
    logs: list[LogRecord] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    artifacts_published: list[dict[str, Any]] = field(default_factory=list)
    artifacts_deleted: list[str] = field(default_factory=list)
    error: CellError | None = None


# Bodies of one execution -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    TYPE: ClassVar[str] = "started"
    generation: str


@dataclass(frozen=True, slots=True)
class Stream:
    """Text of stdout or stderr. ``skipped_bytes`` > 0: so much was left out before it (a flood)."""

    TYPE: ClassVar[str] = "stream"
    name: str
    text: str
    skipped_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Display:
    TYPE: ClassVar[str] = "display"
    display_id: str
    title: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UpdateDisplay:
    TYPE: ClassVar[str] = "update_display"
    display_id: str
    title: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClearOutput:
    TYPE: ClassVar[str] = "clear_output"
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    TYPE: ClassVar[str] = "log"
    level: str
    message: str
    logger: str = "flowfile"


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` (None: unknown); ``progress_id`` is one bar."""

    TYPE: ClassVar[str] = "progress"
    progress_id: str
    label: str
    done: float
    total: float | None = None


@dataclass(frozen=True, slots=True)
class OutputWritten:
    """The cell published an output (``out`` only): it is stored before the cell ends."""

    TYPE: ClassVar[str] = "output"
    name: str
    rows: int | None
    size: int


@dataclass(frozen=True, slots=True)
class ArtifactChanged:
    """The cell published or deleted an artifact (``out`` only). ``action``: ``published`` or ``deleted``."""

    TYPE: ClassVar[str] = "artifact"
    name: str
    action: str
    type_name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """``run_id``: of the flow's run that waits for it."""

    TYPE: ClassVar[str] = "finished"
    result: ExecutionResult
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Output so far that is new since the last one (``events`` only), so that it outlives a crash."""

    TYPE: ClassVar[str] = "checkpoint"
    items: list[OutputItem]
    logs: list[LogRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SharedWritten:
    """A shared file was uploaded to ``key`` (``events`` only); the ledger makes it a version."""

    TYPE: ClassVar[str] = "shared_written"
    path: str
    key: str
    size: int
    sha256: str


# Bodies of the kernel --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """Agent and runner are there. ``facts``: pids, uids, separation, memory source, versions."""

    TYPE: ClassVar[str] = "ready"
    version: int
    generation: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunnerEnded:
    """A runner ended by itself or was killed; ``generation`` is the new one. Namespaces are gone."""

    TYPE: ClassVar[str] = "runner_ended"
    ended_generation: str
    generation: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class NamespaceEnded:
    """A flow's namespace was evicted; ``reason`` is for people."""

    TYPE: ClassVar[str] = "namespace_ended"
    flow_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class JournalReport:
    """The journal after a loss of Redis data: every id claimed and kept; results follow as ``finished``."""

    TYPE: ClassVar[str] = "journal_report"
    epoch: str
    claimed: list[str]


@dataclass(frozen=True, slots=True)
class Request:
    """A question to the desk (``requests`` only).

    ``kind``: ``credentials`` {}, ``shared`` {prefix}, or one of ``wire.flows.REQUESTS``.
    """

    TYPE: ClassVar[str] = "request"
    request: str
    kind: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to an ``Ask`` (``out`` only). ``error`` is a sentence, or None."""

    TYPE: ClassVar[str] = "answer"
    request: str
    data: dict[str, Any]
    error: str | None = None


EVENTS: dict[str, type] = {
    m.TYPE: m
    for m in (
        *(
            Started,
            Stream,
            Display,
            UpdateDisplay,
            ClearOutput,
            Log,
            Progress,
            OutputWritten,
            ArtifactChanged,
            Finished,
        ),
        *(Checkpoint, SharedWritten, Ready, RunnerEnded, NamespaceEnded, JournalReport, Request, Answer),
    )
}


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its envelope; ``body`` is one of ``EVENTS``."""

    execution_id: str | None
    seq: int
    at: float
    body: Any

    @property
    def type(self) -> str:
        """The body's ``TYPE``."""
        return str(self.body.TYPE)


def pack(event: Event) -> str:
    """One event as JSON text, for the stream field ``FIELD``. Surrogates are escaped, NaN refused."""
    head = {"type": event.body.TYPE, "execution_id": event.execution_id, "seq": event.seq, "at": event.at}
    return compact({**head, **plain(event.body)})


def unpack(text: str | bytes) -> Event:
    """The reverse of ``pack``.

    Raises:
        BadMessage: what a kernel wrote does not fit the schema.
    """
    try:
        data = json.loads(text)
        head = (data.pop("execution_id"), data.pop("seq"), data.pop("at"))
        kind = EVENTS[data.pop("type")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadMessage("not an event") from None
    execution_id, seq, at = head
    if not (execution_id is None or isinstance(execution_id, str)):
        raise BadMessage("an event's envelope is wrong")
    return Event(execution_id, build(int, seq), build(float, at), build(kind, data))


@dataclass(frozen=True, slots=True)
class Pulse:
    """Heartbeat, one a second on ``pulse``. Memory is the working set in bytes; ``execution_id`` runs now."""

    generation: str
    at: float
    memory_bytes: int
    memory_limit_bytes: int
    execution_id: str | None = None
    running_since: float | None = None
