"""What kernels write for the control plane: a stream of each kernel, and the group that reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broker_config import keys


@dataclass(frozen=True, slots=True)
class Source:
    """``key`` and ``lease`` make, of a kernel's uid, the keys of its stream and of who reads that."""

    group: str
    key: Callable[[str], str]
    lease: Callable[[str], str]


EVENTS = Source(keys.RECORDER_GROUP, keys.events, keys.recorder_lease)
REQUESTS = Source(keys.DESK_GROUP, keys.requests, keys.desk_lease)
