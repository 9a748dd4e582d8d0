"""Bounded waits for the stack's processes: each is asked for the thing that it is there for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import redis

from broker_config.settings import Settings
from broker_config.wire.errors import HuskError, Unavailable
from web import flower_door
from web.stack import preflight, records
from web.stack.reached import base_url

if TYPE_CHECKING:
    from tasks.services import Services

POLL_S = 0.05
ASK_S = 5.0
Probe = Callable[[], str | None]


def wait(what: str, probe: Probe, seconds: float, alive: Callable[[], bool]) -> None:
    """Ask until ``probe`` returns None; it returns why not yet.

    Raises:
        Unavailable: not within ``seconds``, or ``alive()`` is false; says what was told last.
    """
    deadline = time.monotonic() + seconds
    while (reason := probe()) is not None:
        if not alive():
            raise Unavailable(f"{what} did not start: the stack's processes ended")
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} was not ready within {seconds:g} s: {reason}")
        time.sleep(POLL_S)


def redis_answers(services: Services) -> Probe:
    """Redis serves: not still reading its file."""

    def probe() -> str | None:
        try:
            services.redis.ping()
        except redis.RedisError as error:
            return str(error)
        return None

    return probe


def store_stores(services: Services) -> Probe:
    """The bucket is there, and takes an object and gives it back."""

    def probe() -> str | None:
        try:
            services.store.ensure_bucket()
            services.store.probe()
        except HuskError as error:
            return error.message
        return None

    return probe


def answers(url: str, headers: dict[str, str] | None = None) -> Probe:
    """An HTTP address answers 200."""

    def probe() -> str | None:
        try:
            tls = url.startswith("https:")  # certificates take 20 ms to load, and this asks often
            response = httpx.get(url, headers=headers, timeout=ASK_S, verify=tls, trust_env=False)
        except httpx.HTTPError as error:
            return str(error) or type(error).__name__
        return (
            None
            if response.status_code == httpx.codes.OK
            else f"{response.status_code} {response.text[:200]}"
        )

    return probe


def workers_consume(services: Services, queues: tuple[str, ...]) -> Probe:
    """Each of these queues has a Celery worker that says so."""

    def probe() -> str | None:
        try:
            told = services.celery.control.inspect(timeout=0.3).active_queues() or {}
        except Exception as error:  # what Celery raises here depends on its transport
            return f"{type(error).__name__}: {error}"
        served = {queue["name"] for lists in told.values() for queue in lists}
        missing = sorted(set(queues) - served)
        return f"nobody consumes {', '.join(missing)}" if missing else None

    return probe


def process_runs(settings: Settings, name: str) -> Probe:
    """The process of one Procfile line is there and was not started again."""

    def probe() -> str | None:
        record = records.read(preflight.run_folder(settings) / f"{name}.json")
        if record is None:
            return "it has not started"
        if record.child is None or not record.child.alive:
            return f"it ended {record.restarts} times"
        return None

    return probe


def flower_url(settings: Settings) -> str:
    """Flower's address: behind the API's."""
    return f"{base_url(settings)}/{flower_door.PREFIX}/"


def flower_answers(settings: Settings) -> Probe:
    """Flower itself answers, to who knows the door's secret."""
    url = flower_door.address(settings, f"/{flower_door.PREFIX}/healthcheck")
    return answers(url, flower_door.header(settings))
