"""The watch on Redis: a kernel that holds too much of it is ended, and what it left there is removed."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence

import redis

from broker_config import keys
from broker_config.wire.errors import HuskError
from tasks.broker import translated, undecoded
from tasks.kernels import broker_share, broker_strangers, doors
from tasks.kernels.broker import BINDINGS
from tasks.kernels.life import Life, read
from tasks.kernels.stopping import give_up
from tasks.ledger import executions, kernels
from tasks.ledger.models import Kernel

EVERY_S = 2.0
GROWN_BYTES = 16 * 1024 * 1024
CODE_FACTOR, MESSAGE_BYTES = 3, 8192
"""A queued cell's message is its code, written as text in text, and this."""
MB = 1_000_000

log = logging.getLogger(__name__)


class BrokerWatch:
    """Looks at fixed keys each time, and through all names when Redis has grown since it last did."""

    def __init__(self, life: Life, unsigned_s: float = broker_strangers.UNSIGNED_S) -> None:
        self._life = life
        self._unsigned_s = unsigned_s
        self._looked_through_at = 0
        self._doors: set[str] = set()

    def run(self, stopped: threading.Event) -> None:
        """The thread's body."""
        while not stopped.wait(EVERY_S):
            try:
                self.look()
            except HuskError as error:
                log.debug("what kernels hold of Redis is not known: %s", error)
            except Exception:
                log.exception("a look at what kernels hold of Redis failed")

    def look(self) -> None:
        """One look. Raises ``Unavailable``."""
        client = self._life.services.redis
        with self._life.services.ledger.read() as s:
            rows = [row for row in kernels.alive(s) if row.redis_password_sha256]
        listed = broker_share.clients(client)
        self._turn_away(client, listed, rows)
        now = broker_share.standing(client)
        fixed = broker_share.fixed_bytes(client, [row.uid for row in rows])
        loose = self._loose(client, now.used)
        links = broker_share.connections(listed)
        for row in rows:
            queued, other = fixed[row.uid]
            other += loose.get(row.uid, 0)
            if queued + other > now.most and (held := other + self._foreign(row, queued)) > now.most:
                self._end(row, f"held {held / MB:.0f} MB of Redis, {now.most / MB:.0f} MB are allowed")
            elif links[row.uid] > broker_share.MOST_CONNECTIONS:
                most = broker_share.MOST_CONNECTIONS
                self._end(row, f"had {links[row.uid]} connections to Redis, {most} are allowed")

    def _turn_away(
        self, client: redis.Redis, listed: Sequence[dict[str, str]], rows: Sequence[Kernel]
    ) -> None:
        """Close what nobody signed in on, and end the kernel that it comes from, where that is sure."""
        settings = self._life.services.settings
        embedded = settings.mode == "embedded"
        if embedded:
            with contextlib.suppress(OSError):  # not readable now: they are as they were
                self._doors = set(doors.read(settings.gateways_file))
        else:
            self._doors |= broker_strangers.kernel_doors(listed)
            # Where a service of ours came in once is no door of kernels.
            self._doors -= broker_strangers.service_doors(listed)
        found = broker_strangers.strangers(listed, self._doors, self._unsigned_s)
        broker_strangers.close(client, found.ids)
        most = broker_strangers.MOST_UNSIGNED
        for crowd in found.crowds:
            log.warning("%d connections to Redis from %s without signing in", crowd.count, crowd.address)
            # A deployment's published port shows one address for all kernels.
            guilty = [row for row in rows if embedded and {row.uid} == crowd.uids]
            for row in guilty:
                self._end(
                    row, f"had {crowd.count} connections to Redis without signing in, {most} are allowed"
                )

    def _loose(self, client: redis.Redis, used: int) -> dict[str, int]:
        """Of all names, if that is worth it."""
        self._looked_through_at = min(self._looked_through_at or used, used)
        if used - self._looked_through_at < GROWN_BYTES:
            return {}
        self._looked_through_at = used
        sizes, replies = broker_share.loose(client)
        with translated():
            for name in replies:
                undecoded(client, "UNLINK", name)
            if int(client.memory_usage(broker_share.PIDBOX) or 0) > broker_share.PIDBOX_BYTES:
                # Whose it is cannot be told. Workers enter themselves again when they connect.
                client.unlink(broker_share.PIDBOX)
        return sizes

    def _foreign(self, row: Kernel, queued: int) -> int:
        """Bytes in its queues beyond what the ledger has waiting for it."""
        with self._life.services.ledger.read() as s:
            waiting = executions.queued(s, row.uid)
        ours = sum(CODE_FACTOR * len(one.code) + MESSAGE_BYTES for one in waiting)
        return max(0, queued - ours)

    def _end(self, row: Kernel, what: str) -> None:
        with self._life.flights.hold(row.uid, 1.0) as mine:
            now = read(self._life, row.uid)
            if not mine or now is None or now.redis_password_sha256 != row.redis_password_sha256:
                return
            kept = "it was ended, its variables are gone, queued cells are kept"
            give_up(self._life, now, f"the kernel {what}: {kept}; start it again")
        self._clear(row.uid)

    def _clear(self, uid: str) -> None:
        """What pages show anew, queues that the outbox fills again, and keys that mean nothing.

        Events stay: results are among them, and the recorder removes what it has read.
        """
        client = self._life.services.redis
        with translated():
            client.unlink(keys.out(uid), keys.requests(uid), keys.pulse(uid), *broker_share.queue_keys(uid))
        for names in _pieces(client, uid, self._known):
            with translated():
                undecoded(client, "UNLINK", *names)

    def _known(self, ids: list[str]) -> set[str]:
        with self._life.services.ledger.read() as s:
            return {row.id for row in executions.many(s, ids)}


def _pieces(client: redis.Redis, uid: str, known: Callable[[list[str]], set[str]]) -> Iterator[list[bytes]]:
    """Names of claims of no execution that there is, and of binding keys of no queue that there is."""
    claims, place = keys.claim(uid, ""), 0
    while True:
        with translated():
            place, found = undecoded(client, "SCAN", place, "MATCH", f"*kernel[.:]{uid}*", "COUNT", 1000)
        texts = {name: name.decode("utf-8", "replace") for name in found}
        ids = [text.removeprefix(claims) for text in texts.values() if text.startswith(claims)]
        there = known(ids) if ids else set[str]()
        junk = [
            name
            for name, text in texts.items()
            if (text.startswith(claims) and text.removeprefix(claims) not in there)
            or (text.startswith(BINDINGS) and text not in broker_share.fixed_keys(uid))
        ]
        if junk:
            yield junk
        if int(place) == 0:
            return
