"""Flower, read-only, on loopback, with a Redis user of its own: ``python -m web.stack.flower``."""

from __future__ import annotations

import asyncio
import signal
import sys
from urllib.parse import quote, urlsplit, urlunsplit

from broker_config.acl import FLOWER_USER
from broker_config.celery_app import make_celery
from broker_config.queues import KERNEL_TRANSPORT_OPTIONS
from broker_config.settings import Settings, get_settings

ADDRESS = "127.0.0.1"
MOST_TASKS = 20_000
OFFLINE_S = 3600


def broker_url(settings: Settings) -> str:
    """Redis as Flower's own user reaches it: events, queue lengths, questions to workers."""
    parts = urlsplit(settings.embedded_redis_url)
    secret = quote(settings.flower_redis_password.get_secret_value(), safe="")
    host = f"{FLOWER_USER}:{secret}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=host))


def options(settings: Settings) -> list[str]:
    """Flower's command line."""
    return [
        f"--address={ADDRESS}",
        f"--port={settings.flower_port}",
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

    apply_options("flower", options(settings))
    extract_settings()
    setup_logging()
    asyncio.set_event_loop(asyncio.new_event_loop())
    capp = make_celery(broker_url(settings))
    # Its user may not run scripts: acknowledgements and expiring queues need them, events need neither.
    capp.conf.update(broker_transport_options=dict(KERNEL_TRANSPORT_OPTIONS), event_queue_expires=None)
    app = Flower(capp=capp, options=default_options, **tornado_settings)
    app.start_http_server()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        app.start()
    finally:
        app.stop()


def main() -> None:
    """Entry point of the Procfile line."""
    serve(get_settings())


if __name__ == "__main__":
    main()
