"""``python -m web.stack.healthy NAME``: a container's health check, exit code 0 or 1 with one line why.

Not whether the process is there, which its container says already, but whether it does what it is there for.
Every minute of every service: so it imports little.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

from broker_config import keys
from broker_config.acl import kernel_user
from broker_config.queues import FLOWS, HOUSEKEEPING, LIFECYCLE
from broker_config.settings import Settings, get_settings
from broker_config.wire.errors import BadSettings

if TYPE_CHECKING:
    import redis

ASK_S = 10.0
Check = Callable[[Settings], str | None]


def flower(settings: Settings) -> str | None:
    """It answers who knows the door's secret."""
    from web import flower_door

    url = flower_door.address(settings, f"/{flower_door.PREFIX}/healthcheck")
    asked = urllib.request.Request(url, headers=flower_door.header(settings))  # noqa: S310 - http, from settings
    try:
        urllib.request.urlopen(asked, timeout=ASK_S).close()  # noqa: S310
    except (OSError, urllib.error.HTTPError) as error:
        return f"Flower does not answer: {error}"
    return None


def lifecycle(settings: Settings) -> str | None:
    """This container's worker says that it consumes its queue, and looked at all kernels lately."""
    return _consumes(settings, "lifecycle", {LIFECYCLE}) or _looked(settings)


def flows(settings: Settings) -> str | None:
    """This container's worker says that it consumes its queues."""
    return _consumes(settings, "housekeeping", {HOUSEKEEPING, FLOWS})


def recorder(settings: Settings) -> str | None:
    """Somebody holds the recorder's lease of every kernel that runs."""
    return _leases(settings, keys.recorder_lease)


def desk(settings: Settings) -> str | None:
    """Somebody holds the desk's lease of every kernel that runs."""
    return _leases(settings, keys.desk_lease)


CHECKS: dict[str, Check] = {
    "lifecycle": lifecycle,
    "flows": flows,
    "recorder": recorder,
    "desk": desk,
    "flower": flower,
}


def _consumes(settings: Settings, name: str, wanted: set[str]) -> str | None:
    from broker_config.celery_app import make_celery

    node = f"{name}@{os.uname().nodename}"
    control = make_celery(settings.embedded_redis_url).control
    told = control.inspect([node], timeout=ASK_S, limit=1).active_queues() or {}
    missing = wanted - {queue["name"] for queue in told.get(node, [])}
    return f"{node} does not say that it consumes {', '.join(sorted(missing))}" if missing else None


def _looked(settings: Settings) -> str | None:
    import redis

    try:
        host = _redis(settings).get(keys.LOOKED)
    except redis.RedisError as error:
        return f"Redis does not answer: {error}"
    if host == os.uname().nodename:
        return None
    return f"it has not looked at the kernels for {keys.LOOKED_TTL_MS / 1000:g} s: see its log"


def _redis(settings: Settings) -> redis.Redis:
    import redis

    return redis.Redis.from_url(
        settings.embedded_redis_url, socket_timeout=ASK_S, socket_connect_timeout=ASK_S, decode_responses=True
    )


def _leases(settings: Settings, lease: Callable[[str], str]) -> str | None:
    import redis

    client = _redis(settings)
    try:
        names: list[str] = client.execute_command("ACL", "USERS")
        prefix = kernel_user("")
        uids = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        free = [uid for uid in uids if not client.exists(lease(uid))]
    except redis.RedisError as error:
        return f"Redis does not answer: {error}"
    return f"nobody serves kernel {free[0]}" if free else None


def main(argv: list[str]) -> int:
    """The exit code."""
    try:
        why = CHECKS[argv[0]](get_settings())
    except BadSettings as error:
        why = error.message
    except Exception as error:  # what Celery raises when its broker is away depends on its transport
        why = f"{type(error).__name__}: {error}"
    if why:
        sys.stdout.write(f"{why}\n")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
