"""Queue names and the delivery policy of each, with its reason."""

from __future__ import annotations

from typing import Final

LIFECYCLE: Final = "lifecycle"
FLOWS: Final = "flows"
HOUSEKEEPING: Final = "housekeeping"

EXECUTE_TASK: Final = "kernel.execute"
"""The one task that kernels run; its message carries an ``ExecuteCell`` in the ``husk`` header."""
CELL_HEADER: Final = "husk"


def kernel_queue(uid: str) -> str:
    """Queue of people's cells on one kernel."""
    return f"kernel.{uid}"


def batch_queue(uid: str) -> str:
    """Queue of runs' cells on one kernel; consumed after the people's."""
    return f"kernel.{uid}.batch"


def queue_of(uid: str, interactive: bool) -> str:
    """The queue that an execution goes to."""
    return kernel_queue(uid) if interactive else batch_queue(uid)


def node_name(uid: str) -> str:
    """Celery node name of a kernel's worker."""
    return f"{uid}@kernel"


# Control-plane tasks are idempotent, so they are acknowledged late and handed out again after
# the visibility timeout, which has to be well above the longest of them (a 120 s kernel start).
CONTROL_VISIBILITY_TIMEOUT_S: Final = 900

# User code is not idempotent: at most once. `ack_emulation=False` makes delivery a plain BRPOP
# (no unacked hash shared by all kernels); priority_steps=[0] keeps one list per queue.
KERNEL_TRANSPORT_OPTIONS: Final[dict[str, object]] = {
    "ack_emulation": False,
    "priority_steps": [0],
    "queue_order_strategy": "priority",
    "socket_timeout": 10.0,
    "socket_connect_timeout": 3.0,
    "socket_keepalive": True,
    "retry_on_timeout": True,
    "health_check_interval": 25,
}
CONTROL_TRANSPORT_OPTIONS: Final[dict[str, object]] = {
    "visibility_timeout": CONTROL_VISIBILITY_TIMEOUT_S,
    "priority_steps": [0],
    "socket_timeout": 10.0,
    "socket_connect_timeout": 3.0,
    "socket_keepalive": True,
    "retry_on_timeout": True,
    "health_check_interval": 25,
}
