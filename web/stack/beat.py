"""Celery beat with its schedule file in the data folder: ``python -m web.stack.beat``."""

from __future__ import annotations

import dbm
import logging
import shelve
import sys
import threading
from pathlib import Path

from broker_config.celery_app import make_celery
from broker_config.settings import Settings, get_settings
from tasks.broker import make_redis
from tasks.figures.processes import announce
from tasks.figures.waiting import stamp_messages

NAME = "beat-schedule"


def schedule_file(settings: Settings) -> Path:
    """Where beat keeps when it last ticked; nothing is lost with it."""
    home = settings.data_dir.resolve() / "beat"
    home.mkdir(parents=True, exist_ok=True)
    return home / NAME


def drop_if_broken(path: Path) -> bool:
    """Remove a schedule file that cannot be read; whether that was so.

    Celery mends a file that is no database, but ends on one whose content is cut off.
    """
    try:
        with shelve.open(str(path)) as found:  # noqa: S301 - written by beat alone, in the private folder
            dict(found)
    except dbm.error as error:
        if not any(path.parent.glob(f"{path.name}*")):
            return False
        reason: Exception = error
    except Exception as error:  # a damaged pickle raises whatever its bytes say
        reason = error
    else:
        return False
    logging.getLogger(__name__).warning("the schedule file is broken and made anew: %s", reason)
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink(missing_ok=True)
    return True


def main() -> None:
    """Tick until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    settings = get_settings()
    path = schedule_file(settings)
    drop_if_broken(path)
    app = make_celery(settings.embedded_redis_url)
    stamp_messages()
    announce(make_redis(settings.embedded_redis_url), "beat", threading.Event())
    app.Beat(schedule=str(path), loglevel="WARNING", quiet=True).run()


if __name__ == "__main__":
    main()
