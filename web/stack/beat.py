"""Celery beat, which sends the ticks: ``python -m web.stack.beat``."""

from __future__ import annotations

import logging
import sys
import threading
import time
from pathlib import Path
from typing import Any

from celery.beat import Scheduler

from broker_config.celery_app import make_celery
from broker_config.settings import Settings, get_settings
from tasks.broker import make_redis
from tasks.figures.processes import announce
from tasks.figures.waiting import stamp_messages

NAME = "ticked"


def ticked_file(settings: Settings) -> Path:
    """The file that is touched at each tick: whether beat goes on is seen without Redis."""
    home = settings.data_dir.resolve() / "beat"
    home.mkdir(parents=True, exist_ok=True)
    return home / NAME


class TickScheduler(Scheduler):  # type: ignore[misc]
    """Sends each entry at its interval, by the monotonic clock, from now on.

    Celery's own asks calendars, which costs it more than the sending, and keeps in a file when it last sent
    what: these are ticks, and what is due is decided in the ledger.
    """

    path: Path | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._next: dict[str, float] = {}
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Celery's hook: the entries are those of the app's configuration."""
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *_args: Any, **_kwargs: Any) -> float:
        """Send what is due; seconds until something is."""
        for name, entry in self.schedule.items():
            now = time.monotonic()
            at = self._next.get(name, now)
            if now >= at:
                every = entry.schedule.run_every.total_seconds()
                # After a standstill one tick is sent, not all that were missed.
                self._next[name] = max(at + every, now)
                self.apply_entry(entry, producer=self.producer)
        if self.path is not None:
            self.path.touch()
        return max(0.0, min(self._next.values()) - time.monotonic())


def main() -> None:
    """Tick until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    settings = get_settings()
    app = make_celery(settings.embedded_redis_url)
    stamp_messages()
    announce(make_redis(settings.embedded_redis_url), "beat", threading.Event())
    TickScheduler.path = ticked_file(settings)
    app.Beat(scheduler_cls=TickScheduler, loglevel="WARNING", quiet=True).run()


if __name__ == "__main__":
    main()
