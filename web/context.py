"""What a request stands on: the process's services, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import redis
from flask import current_app, g

from tasks.services import Services

if TYPE_CHECKING:
    from web.auth.limits import Limits
    from web.auth.login import Caller, Logins
    from web.auth.passwords import Passwords
    from web.facts import Facts
    from web.figures import Figures
    from web.kernel_ids import KernelIds
    from web.live.reader import Reader
    from web.live.slots import Slots
    from web.live.streams import Streams
    from web.metrics import Metrics
    from web.owners import Owners
    from web.pages.built import Built
    from web.probe import Probe
    from web.resolves import Resolves

KEY = "husk"


@dataclass(frozen=True, slots=True)
class Web:
    """The web process's parts, one of each."""

    services: Services
    raw: redis.Redis  # gives bytes: for what kernels wrote
    slots: Slots
    streams: Streams
    logins: Logins
    limits: Limits
    passwords: Passwords
    reader: Reader
    owners: Owners
    kernel_ids: KernelIds
    metrics: Metrics
    probe: Probe
    facts: Facts
    figures: Figures
    pages: Built
    resolves: Resolves


def web() -> Web:
    """The parts behind the current request."""
    return cast(Web, current_app.extensions[KEY])


def services() -> Services:
    """The clients of ledger, Redis, Celery and store."""
    return web().services


def caller() -> Caller:
    """Who asks; the guard has put it there."""
    return cast("Caller", g.caller)
