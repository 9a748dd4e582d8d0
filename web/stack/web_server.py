"""The web process: ``python -m web.stack.web_server`` becomes gunicorn."""

from __future__ import annotations

import os
import resource
import sys

from broker_config.settings import Settings, get_settings

WORKER = "web.stack.web_worker.StayingWorker"
TIMEOUT_S = 60
STOP_S = 2
BACKLOG = 512


def command(settings: Settings) -> list[str]:
    """gunicorn's argv: one process, because its few threads serve all event streams."""
    return [
        *(sys.executable, "-m", "gunicorn"),
        *("--bind", f"{settings.web_host}:{settings.web_port}"),
        *("--worker-class", WORKER, "--workers", "1", "--threads", str(settings.web_threads)),
        *("--timeout", str(TIMEOUT_S), "--graceful-timeout", str(STOP_S), "--backlog", str(BACKLOG)),
        *("--keep-alive", "75", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"),  # noqa: S108
        "web.wsgi:create()",
    ]


def raise_files() -> None:
    """Let the process have as many open files as it may: each event stream is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    """Become gunicorn."""
    raise_files()
    argv = command(get_settings())
    os.execv(argv[0], argv)  # noqa: S606


if __name__ == "__main__":
    main()
