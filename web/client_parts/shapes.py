"""What the API answers, as types. The server's OpenAPI document is the full truth."""

from __future__ import annotations

from typing import Any, TypedDict


class Memory(TypedDict):
    """Working set and limit in bytes."""

    used_bytes: int
    limit_bytes: int
    at: str


class Kernel(TypedDict):
    """A kernel."""

    id: str
    uid: str
    name: str
    owner: str
    access: str
    state: str
    state_since: str | None
    desired_state: str
    asked_at: str | None
    error: str | None
    packages: list[str]
    lock_digest: str | None
    locked_by: str | None
    locked_at: str | None
    build_line: str | None
    memory_gb: float
    cpu_cores: float
    gpu: bool
    persistence: bool
    recovery_mode: str
    network: str
    flavour: str
    allow_sdist: bool
    auto_restart: bool
    idle_timeout_s: float | None
    env: list[str]
    runtime: str
    generation: str | None
    isolated: bool
    memory: Memory | None
    queue_length: int
    current_execution: str | None
    created_at: str | None
    cleared_at: str | None
    idle_stops_at: str | None
    restart_at: str | None
    failures: int
    restarts: int
    note: str | None
    noted_at: str | None
    warnings: list[str]


class Pin(TypedDict):
    """One package of a lock; hashes are SHA-256 in hex."""

    name: str
    version: str
    hashes: list[str]


class Lock(TypedDict):
    """Every package of an environment. ``text`` is the file that another kernel takes."""

    digest: str
    python: str
    flavour: str
    wishes: list[str]
    text: str
    packages: list[Pin]


class Difference(TypedDict):
    """One package that another lock has otherwise; None: not at all."""

    name: str
    before: str | None
    after: str | None


class LockAnswer(TypedDict):
    """A lock, if there is one, and what is otherwise than in the kernel's."""

    lock: Lock | None
    difference: list[Difference]
    locked_by: str | None
    locked_at: str | None


class Build(TypedDict):
    """How making a kernel's environment goes: ``none``, ``waiting``, ``building``, ``built``, ``failed``."""

    state: str
    lines: list[str]
    digest: str | None


class Accepted(TypedDict):
    """A cell that was accepted."""

    id: str
    kernel_id: str
    status: str
    position: int
    events_url: str


class Execution(TypedDict, total=False):
    """An execution; without its output in lists."""

    id: str
    kernel_id: str
    flow_id: str | None
    node_id: str | None
    cell_id: str | None
    batch_id: str | None
    seq: int
    status: str
    position: int
    interactive: bool
    code: str
    timeout_s: float | None
    execution_count: int | None
    submitted_at: str | None
    started_at: str | None
    finished_at: str | None
    cancel_requested_at: str | None
    cleared_at: str | None
    wall_s: float | None
    cpu_s: float | None
    memory_peak_bytes: int | None
    error: dict[str, Any] | None
    generation: str | None
    events_url: str
    items: list[dict[str, Any]]
    stdout: str
    stderr: str
    truncated: list[dict[str, Any]]
    displays: list[dict[str, Any]]
    logs: list[dict[str, Any]]
    outputs: list[Any]
    artifacts: dict[str, list[Any]]


class File(TypedDict):
    """One version of a shared file."""

    path: str
    version: int
    size: int
    sha256: str
    created_at: str | None
    deleted: bool
    damaged: bool
    execution_id: str | None


class Token(TypedDict):
    """A token; its text only at creation, in ``NewToken``."""

    id: int
    name: str
    scope: str
    created_at: str | None
    expires_at: str | None
    revoked_at: str | None


class NewToken(Token):
    """A token with its text."""

    token: str


class Quota(TypedDict):
    """What a user has; a limit of None is none."""

    kernels: int
    kernels_limit: int | None
    memory_gb: float
    memory_gb_limit: float | None


class User(TypedDict):
    """An account."""

    id: int
    name: str
    role: str
    disabled: bool
    created_at: str | None
    quota: Quota


class LoginLink(TypedDict):
    """A one-time login link's secret: `/login#link=<secret>` takes it."""

    link: str
    expires_at: str | None


Event = dict[str, Any]
"""``type``, ``id``, ``execution_id``, ``seq``, ``at``, and the fields of that type."""
