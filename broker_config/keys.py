"""Every Redis key, stream and lock, as a function of ids. Nothing else spells a key.

Units of TTLs are in their names.
"""

from __future__ import annotations

CLAIM_TTL_S = 7 * 86_400
REPLY_TTL_S = 60
RECORDER_LEASE_MS = 10_000
PUBLISH_LOCK_MS = 10_000
LIFECYCLE_LOCK_MS = 30_000
"""Renewed by its holder for as long as a step may take."""

ENVIRONMENT_LOCK_MS = 60_000
"""Held for as long as its holder renews it."""
ENVIRONMENT_LOG_MAX = 500
ENVIRONMENT_LOG_TTL_S = 7 * 86_400
ENVIRONMENTS_UNUSED = "husk:environments:unused"
"""Hash ``runtime digest`` → unix seconds since when no kernel names that environment."""

OUT_MAX_ENTRIES = 20_000
"""Cap of a kernel's page stream; the agent also trims it by bytes."""
PULSE_MAX_ENTRIES = 5

EPOCH = "husk:epoch"
"""Random value set with the ledger's copy: gone or different means that Redis lost data."""
WAKE = "husk:wake"
"""Stream of "something about kernel K, or run R, changed in the ledger" for open pages; capped."""
WAKE_MAX_ENTRIES = 1_000
WAKE_EVERY_MS = 100
"""The ledger changes with every cell: after one word of a kernel's changes none is given for so long."""
DEAD_LETTERS = "husk:dead"
"""Capped list of messages that nobody could read."""
DEAD_LETTERS_MAX = 1_000

PROCESSES = "husk:processes"
"""Hash of the control plane's processes → their newest heartbeat, as JSON."""
TICKS = "husk:ticks"
"""Hash queue → unix seconds when a tick of beat's last came through it."""
FIGURES = "husk:figures"
"""Stream of samples of kernels' memory and of queues, for charts; capped."""
FIGURES_MAX_ENTRIES = 400

RUNTIME = "husk:runtime"
"""What kernels run in here, as the lifecycle worker reports it; JSON, gone when it does not report."""
RUNTIME_TTL_MS = 45_000

LOOKED = "husk:looked"
"""The host whose lifecycle worker looked at all kernels; gone when none did for so long."""
LOOKED_TTL_MS = 60_000

RECORDER_GROUP = "recorder"
DESK_GROUP = "desk"


def events(uid: str) -> str:
    """Stream kernel → recorder; trimmed only below what it acknowledged."""
    return f"kernel:{uid}:events"


def requests(uid: str) -> str:
    """Stream kernel → desk, which removes what it has answered; apart, so that events do not wake it."""
    return f"kernel:{uid}:requests"


def out(uid: str) -> str:
    """Stream kernel → pages; capped."""
    return f"kernel:{uid}:out"


def pulse(uid: str) -> str:
    """Stream of one heartbeat a second; capped at a few."""
    return f"kernel:{uid}:pulse"


def is_pulse(name: str) -> bool:
    """Whether this is a stream of heartbeats."""
    return name.endswith(":pulse")


def ctl(uid: str) -> str:
    """List that the agent's control thread pops (BLPOP; writers RPUSH)."""
    return f"kernel:{uid}:ctl"


def reply(uid: str, request: str) -> str:
    """List on which the desk answers one request of the agent, once."""
    return f"kernel:{uid}:reply:{request}"


def log_reply(request: str) -> str:
    """List on which the lifecycle worker gives a kernel's own log, once."""
    return f"husk:log:{request}"


def resolve_reply(request: str) -> str:
    """List on which the lifecycle worker gives a lock, or why there is none, once."""
    return f"husk:resolve:{request}"


def claim(uid: str, execution_id: str) -> str:
    """The one key that decides who may run or cancel an execution."""
    return f"kernel:{uid}:claim:{execution_id}"


def woken(uid: str) -> str:
    """There while a change of this kernel need not be told: see ``WAKE_EVERY_MS``."""
    return f"husk:woken:{uid}"


def recorder_lease(uid: str) -> str:
    """Who records this kernel's events."""
    return f"recorder:lease:{uid}"


def desk_lease(uid: str) -> str:
    """Who answers this kernel's requests."""
    return f"desk:lease:{uid}"


def publish_lock(uid: str) -> str:
    """Held by who puts what was left behind, or mends a queue; new cells wait for its end."""
    return f"husk:publish:{uid}"


def sent(uid: str) -> str:
    """The highest ``seq`` that was put into one of the kernel's queues; changed together with them."""
    return f"husk:sent:{uid}"


def lifecycle_lock(uid: str) -> str:
    """Single flight of lifecycle work on one kernel."""
    return f"husk:lifecycle:{uid}"


def environment_log(digest: str) -> str:
    """List of the newest lines of what building a lock's environment said."""
    return f"husk:environment:log:{digest}"


def environment_lock(runtime: str, digest: str) -> str:
    """Single flight of building, or removing, one environment of one runtime."""
    return f"husk:environment:lock:{runtime}:{digest}"


def login_tries(kind: str, bucket: int) -> str:
    """Counter of tries to log in, by a bucket of names or of addresses; expires with its window."""
    return f"husk:login:{kind}:{bucket}"


def all_of(uid: str) -> tuple[str, ...]:
    """The fixed keys of one kernel, for deletion with it."""
    return (events(uid), requests(uid), out(uid), pulse(uid), ctl(uid), sent(uid))
