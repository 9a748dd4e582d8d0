"""Sees that Redis was restarted or lost its data, and builds up again what the ledger knows."""

from __future__ import annotations

import logging
import threading
from typing import Any

from broker_config import keys
from broker_config.wire import names
from broker_config.wire.errors import HuskError
from tasks.broker import translated
from tasks.kernels import broker
from tasks.ledger import broker as ledger_broker
from tasks.ledger import kernels
from tasks.ledger.models import Kernel
from tasks.services import Services

EVERY_S = 1.0

log = logging.getLogger(__name__)


class BrokerEpoch:
    """One per process. Two of them at once only do the same work twice."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._run_id: str | None = None
        self._away = False

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while not stopped.wait(EVERY_S):
            self.try_check()

    def try_check(self) -> bool:
        """``check``, with failures logged once; whether it succeeded."""
        try:
            self.check()
        except HuskError as error:
            if not self._away:
                log.warning("the broker's state cannot be checked: %s", error)
            self._away = True
            return False
        except Exception:
            log.exception("checking the broker's state failed")
            return False
        self._away = False
        return True

    def check(self) -> None:
        """Rebuild users after a restart of Redis, everything after a loss of data. Raises ``Unavailable``."""
        client = self._services.redis
        with translated():
            facts: Any = client.info("server")
            held = client.get(keys.EPOCH)
        with self._services.ledger.read() as s:
            epoch = ledger_broker.epoch(s)
        lost = epoch is None or held != epoch
        if lost:
            self._new_epoch(first=epoch is None)
        elif facts["run_id"] != self._run_id:
            self._make_users(self._alive())
        self._run_id = str(facts["run_id"])

    def _alive(self) -> list[Kernel]:
        with self._services.ledger.read() as s:
            return [row for row in kernels.alive(s) if row.redis_password_sha256]

    def _make_users(self, rows: list[Kernel]) -> None:
        client = self._services.redis
        for row in rows:
            broker.make_user(client, row.uid, str(row.redis_password_sha256))
        broker.make_flower(client, self._services.settings.flower_redis_password.get_secret_value())
        log.info("made the Redis users of %d kernels", len(rows))

    def _new_epoch(self, first: bool) -> None:
        """The ledger first: from then on nothing is sent again to a kernel that has not reported.

        The key last: whoever dies in between leaves a loss that the next check sees.
        """
        epoch = names.new_token(16)
        with self._services.ledger.write() as s:
            ledger_broker.set_epoch(s, epoch)
        if not first:
            log.warning("Redis lost its data: queues and users are made again from the ledger")
        rows, client = self._alive(), self._services.redis
        self._make_users(rows)
        for row in rows:
            broker.make_groups(client, row.uid)
            broker.ask_journal(client, row.uid, epoch)
        with translated():
            client.set(keys.EPOCH, epoch)
