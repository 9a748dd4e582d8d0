"""The web process: ``python -m web.stack.web_server`` becomes gunicorn."""

from __future__ import annotations

import os
import sys

from broker_config.settings import Settings, get_settings

# Above the longest pause between two signs of life of an event stream; a thread that streams does not
# hold up the worker's own heartbeat.
TIMEOUT_S = 60
STOP_S = 2
BACKLOG = 512


def command(settings: Settings) -> list[str]:
    """gunicorn's argv: one process, because its one reader thread feeds all event streams."""
    return [
        *(sys.executable, "-m", "gunicorn"),
        *("--bind", f"{settings.web_host}:{settings.web_port}"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", str(settings.web_threads)),
        *("--timeout", str(TIMEOUT_S), "--graceful-timeout", str(STOP_S), "--backlog", str(BACKLOG)),
        *("--keep-alive", "75", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"),  # noqa: S108
        "web.wsgi:create()",
    ]


def main() -> None:
    """Become gunicorn."""
    argv = command(get_settings())
    os.execv(argv[0], argv)  # noqa: S606


if __name__ == "__main__":
    main()
