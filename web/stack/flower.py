"""Flower, read-only, for the web process alone, with a Redis user of its own: ``-m web.stack.flower``.

It answers only who knows the door's secret, which is the web process. Its own login would leave figures and
health open.
"""

from __future__ import annotations

import asyncio
import hmac
import signal
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from broker_config.acl import FLOWER_USER
from broker_config.celery_app import make_celery
from broker_config.queues import KERNEL_TRANSPORT_OPTIONS
from broker_config.settings import Settings, get_settings, require_secrets
from web.flower_door import PREFIX, TASKS, credentials, header

T = TypeVar("T")

MOST_TASKS = 20_000
OFFLINE_S = 3600
MOST_REMEMBERED, LONGEST_REMEMBERED = 4_096, 1_000
"""Arguments of tasks: a kernel's cells of one node have the same."""


def broker_url(settings: Settings) -> str:
    """Redis as Flower's own user reaches it: events, queue lengths, questions to workers."""
    parts = urlsplit(settings.embedded_redis_url)
    secret = quote(settings.flower_redis_password.get_secret_value(), safe="")
    host = f"{FLOWER_USER}:{secret}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=host))


def options(settings: Settings) -> list[str]:
    """Flower's command line."""
    return [
        f"--address={settings.flower_host}",
        f"--port={settings.flower_port}",
        f"--url_prefix={PREFIX}",
        f"--basic_auth={credentials(settings)}",
        "--read_only=true",
        "--persistent=false",
        f"--max_tasks={MOST_TASKS}",
        f"--purge_offline_workers={OFFLINE_S}",
        "--tasks_columns=name,uuid,state,kwargs,received,started,runtime,worker",
    ]


def serve(settings: Settings) -> None:
    """Serve until SIGTERM."""
    from flower.app import Flower
    from flower.command import apply_options, extract_settings, setup_logging
    from flower.options import default_options
    from flower.urls import settings as tornado_settings
    from flower.utils import search

    # Read from text anew at each of a task's three events, they took a third of Flower's time.
    search._kwargs_pairs = remembering(search._kwargs_pairs)
    apply_options("flower", options(settings))
    extract_settings()
    setup_logging()
    asyncio.set_event_loop(asyncio.new_event_loop())
    capp = make_celery(broker_url(settings))
    # Its user may not run scripts: acknowledgements and expiring queues need them, events need neither.
    capp.conf.update(broker_transport_options=dict(KERNEL_TRANSPORT_OPTIONS), event_queue_expires=None)
    app = _behind_door(Flower, header(settings)["Authorization"])(
        capp=capp, options=default_options, **tornado_settings
    )
    app.start_http_server()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        app.start()
    finally:
        app.stop()


def remembering(read: Callable[[Any], T]) -> Callable[[Any], T]:
    """The same function, which remembers what it made of short texts.

    An event may hold anything: it is forged with ease.
    """
    remembered = lru_cache(MOST_REMEMBERED)(read)

    def call(value: Any) -> T:
        short = isinstance(value, str) and len(value) <= LONGEST_REMEMBERED
        return remembered(value) if short else read(value)

    return call


def _behind_door(flower: Any, key: str) -> Any:
    """Flower's application, deaf to whoever does not send ``key``, and to all that might change something."""
    from tornado.web import ErrorHandler

    class Guarded(flower):  # type: ignore[misc]
        def find_handler(self, request: Any, **options: Any) -> Any:
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), key.encode()):
                return self.get_handler_delegate(request, ErrorHandler, {"status_code": 401})
            if request.method not in {"GET", "HEAD"} and request.path != TASKS:
                return self.get_handler_delegate(request, ErrorHandler, {"status_code": 405})
            return super().find_handler(request, **options)

    return Guarded


def main() -> None:
    """Entry point of the Procfile line."""
    settings = get_settings()
    require_secrets(settings)
    serve(settings)


if __name__ == "__main__":
    main()
