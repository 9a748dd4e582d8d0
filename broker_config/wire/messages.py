"""Messages of the control plane to kernels: boot, executions, control; and what the desk answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker_config.wire.flows import Refusal


@dataclass(frozen=True, slots=True)
class StoreCredentials:
    """Scoped S3 credential of one kernel; ``expires_at`` in unix seconds."""

    endpoint: str
    region: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
    session_token: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Redis as the kernel reaches it, with its own ACL user."""

    host: str
    port: int
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one kernel: bytes, cores, seconds.

    ``file_bytes``: the largest file it may write, if any. ``content_bytes``: what the agent keeps of stored
    outputs and artifacts, so that they are read here without the store. ``store_patience_s``: a store that
    does nothing for so long fails what was to be stored or read.
    """

    memory_bytes: int
    cpu_cores: float
    namespaces: int
    stream_head_bytes: int
    stream_tail_bytes: int
    stream_full_bytes: int
    file_bytes: int | None = None
    content_bytes: int = 2 * 1024**3
    store_patience_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Boot:
    """All that a kernel is told, one JSON line on init's standard input; holds secrets.

    Paths: ``agent_dir`` (journal, spool; agent only), ``runner_dir`` (runner's home and working
    folder), ``shared_dir`` (shared files). ``agent_uid`` and ``runner_uid`` are None when both run
    as init's own user; ``separation`` says why in words. ``cgroup`` is a writable cgroup folder
    that holds this kernel alone, else None (then memory is watched by RSS). ``recovery_mode`` "eager":
    this kernel's artifacts are fetched before it says that it is ready.
    """

    version: int
    uid: str
    kernel_id: str
    broker: BrokerAddress
    limits: Limits
    agent_dir: str
    runner_dir: str
    shared_dir: str
    runner_python: str
    agent_uid: int | None = None
    runner_uid: int | None = None
    separation: str = ""
    cgroup: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    recovery_mode: str = "lazy"


@dataclass(frozen=True, slots=True)
class Epoch:
    """Which namespace an interactive execution was written for.

    ``generation`` is the runner's; ``number`` counts the restarts of the flow's namespace.
    """

    generation: str
    number: int


@dataclass(frozen=True, slots=True)
class ExecuteCell:
    """One execution, in the ``husk`` header of its Celery message (never in args: Flower shows those).

    ``flow_id`` "" is the kernel's loose namespace. ``epoch`` None: run in whatever namespace there is.
    ``run_id``: of the flow's run that this is a node of, with the ``attempt`` at the node, from 1, and the
    run's ``parameters``; the run has a namespace of its own.
    """

    execution_id: str
    code: str
    flow_id: str
    node_id: str | None
    interactive: bool
    timeout_s: float | None
    epoch: Epoch | None
    batch_id: str | None
    stop_on_error: bool
    run_id: str | None = None
    attempt: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


# Control list kernel:K:ctl, tagged union -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Raise KeyboardInterrupt in that execution, whenever it runs; remembered if it has not begun."""

    TYPE: ClassVar[str] = "interrupt"
    execution_id: str


@dataclass(frozen=True, slots=True)
class Kill:
    """End the runner if that execution runs in it; the namespaces are lost."""

    TYPE: ClassVar[str] = "kill"
    execution_id: str


@dataclass(frozen=True, slots=True)
class RestartNamespace:
    """Clear a flow's variables after interrupting what runs in it; ``epoch`` is the new number."""

    TYPE: ClassVar[str] = "restart_namespace"
    flow_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class EndRun:
    """A flow's run is over: its namespace may go."""

    TYPE: ClassVar[str] = "end_run"
    run_id: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """These results are in the ledger: the journal may forget them."""

    TYPE: ClassVar[str] = "acknowledge"
    execution_ids: list[str]


@dataclass(frozen=True, slots=True)
class ReportJournal:
    """Redis lost data: report what was claimed, and send unacknowledged results again."""

    TYPE: ClassVar[str] = "report_journal"
    epoch: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the runner's control side; answered by an ``Answer`` event on ``out``.

    ``kind``: ``complete`` {code, cursor, flow_id}, ``inspect`` {code, cursor, flow_id},
    ``signature`` {code, cursor, flow_id}, ``variables`` {flow_id}, ``ping`` {}.
    """

    TYPE: ClassVar[str] = "ask"
    request: str
    kind: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Stop taking cells, interrupt what runs, upload what is left, and end."""

    TYPE: ClassVar[str] = "shutdown"
    reason: str


CONTROL: dict[str, type] = {
    m.TYPE: m for m in (Interrupt, Kill, RestartNamespace, EndRun, Acknowledge, ReportJournal, Ask, Shutdown)
}

# Desk replies on kernel:K:reply:<request> ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SharedEntry:
    """One shared file that the store has: ``url`` is a presigned GET."""

    path: str
    size: int
    sha256: str
    version: int
    url: str


@dataclass(frozen=True, slots=True)
class DeskReply:
    """The desk's answer. ``error`` is a sentence when the request was refused.

    ``data`` or ``refusal`` answer what ``wire.flows.REQUESTS`` lists.
    """

    request: str
    credentials: StoreCredentials | None = None
    shared: list[SharedEntry] | None = None
    error: str | None = None
    data: dict[str, Any] | None = None
    refusal: Refusal | None = None
