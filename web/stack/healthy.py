"""``python -m web.stack.healthy NAME``: a container's health check, exit code 0 or 1 with one line why.

Not whether the process is there, which its container says already, but whether it does what it is there for.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from broker_config import keys
from broker_config.queues import FLOWS, HOUSEKEEPING, LIFECYCLE
from broker_config.settings import Settings, get_settings
from broker_config.wire.errors import HuskError
from tasks.ledger import attention
from tasks.recording.consumer import STOPPED_FOR_S
from tasks.services import Services, make_services
from web.stack import beat, readiness

OLDEST_TICK_S = 600.0
"""Beat writes its file every three minutes."""
ASK_S = 5.0
Check = Callable[[Settings], str | None]


def flower(settings: Settings) -> str | None:
    """It answers who knows the door's secret."""
    return readiness.flower_answers(settings)()


def lifecycle(settings: Settings) -> str | None:
    """This container's worker says that it consumes its queue."""
    return _consumes(make_services(settings), "lifecycle", {LIFECYCLE})


def flows(settings: Settings) -> str | None:
    """This container's worker says that it consumes its queues."""
    return _consumes(make_services(settings), "housekeeping", {HOUSEKEEPING, FLOWS})


def recorder(settings: Settings) -> str | None:
    """Somebody holds the recorder's lease of every kernel."""
    return _leases(make_services(settings), keys.recorder_lease)


def desk(settings: Settings) -> str | None:
    """Somebody holds the desk's lease of every kernel."""
    return _leases(make_services(settings), keys.desk_lease)


def ticking(settings: Settings) -> str | None:
    """Beat wrote its file not long ago."""
    files = list(beat.schedule_file(settings).parent.glob(f"{beat.NAME}*"))
    age_s = time.time() - max((file.stat().st_mtime for file in files), default=0.0)
    return None if age_s < OLDEST_TICK_S else "beat has not written its schedule for ten minutes"


CHECKS: dict[str, Check] = {
    "lifecycle": lifecycle,
    "flows": flows,
    "recorder": recorder,
    "desk": desk,
    "beat": ticking,
    "flower": flower,
}


def _consumes(services: Services, name: str, wanted: set[str]) -> str | None:
    node = f"{name}@{os.uname().nodename}"
    told = services.celery.control.inspect([node], timeout=ASK_S).active_queues() or {}
    missing = wanted - {queue["name"] for queue in told.get(node, [])}
    return f"{node} does not say that it consumes {', '.join(sorted(missing))}" if missing else None


def _leases(services: Services, lease: Callable[[str], str]) -> str | None:
    with services.ledger.read() as session:
        uids = attention.watched(session, time.time() - STOPPED_FOR_S)
    free = [uid for uid in uids if not services.redis.exists(lease(uid))]
    return f"nobody serves kernel {free[0]}" if free else None


def main(argv: list[str]) -> int:
    """The exit code."""
    try:
        why = CHECKS[argv[0]](get_settings())
    except HuskError as error:
        why = error.message
    if why:
        sys.stdout.write(f"{why}\n")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
