"""Objects by their presigned addresses, into files: large ones in ranges side by side, all with their sum."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from broker_config.store_http import Connections
from broker_config.wire.errors import StorageFailed
from kernel_worker.agent.crew import Crew
from kernel_worker.agent.patience import RETRY_S, Patience

RANGE_BYTES = 8 * 1024 * 1024
RANGES_AT_ONCE = 3
ABSENT, DENIED, NOT_SO_LONG = 404, 403, 416


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an object should be: bytes, hex SHA-256 ("" for unknown), and how to name it in a sentence."""

    size: int
    sha256: str
    what: str


class Damaged(StorageFailed):
    """The store holds other bytes than the ledger says: ``found`` is their SHA-256."""

    def __init__(self, wanted: Wanted, found: str) -> None:
        super().__init__(
            f"{wanted.what} is damaged in the store: its sha256 is {found}, {wanted.sha256} was expected; "
            "the object stays there"
        )
        self.found = found


class Absent(StorageFailed):
    """The store has no such object."""


class _OtherSize(StorageFailed):
    """The object has another size than expected."""


@dataclass(slots=True)
class _Address:
    """Where an object is now. ``ask(True)`` signs anew: what was signed is refused."""

    ask: Callable[[bool], str]
    url: str = ""
    anew: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> str:
        with self.lock:
            self.url = self.url or self.ask(self.anew)
            return self.url

    def refused(self, url: str, status: int, what: str) -> None:
        with self.lock:
            if self.url == url:
                if self.anew and status == ABSENT:
                    raise Absent(f"{what} is not in the store")
                self.url, self.anew = "", True


class Downloads:
    """Fetches objects. Safe in threads. ``patience_s``: of what names none of its own, see ``Patience``."""

    def __init__(self, patience_s: float = RETRY_S) -> None:
        self._patience_s = patience_s
        self.crew = Crew(RANGES_AT_ONCE, "ranges")
        """Jobs of it may fetch what is one range."""
        self._connections = Connections()

    def fetch(
        self,
        wanted: Wanted,
        ask: Callable[[bool], str],
        target: Path,
        unwanted: Callable[[], bool] = lambda: False,
        retry_s: float | None = None,
    ) -> None:
        """Write an object to ``target``. ``ask(anew)`` gives its address; ``anew``: the last one was refused.

        Raises:
            StorageFailed: ``retry_s`` passed without a success.
            Damaged: other bytes than expected; Absent: there is no such object.
        """
        retry_s = self._patience_s if retry_s is None else retry_s
        patience = Patience(f"{wanted.what} could not be fetched", retry_s, unwanted)
        address = _Address(ask)
        digest = hashlib.sha256()
        try:
            with target.open("wb") as file:
                for data in self._pieces(wanted, address, patience):
                    digest.update(data)
                    file.write(data)
        except _OtherSize:
            raise Damaged(wanted, patience.persist(lambda: self._sum(address))) from None
        if wanted.sha256 and digest.hexdigest() != wanted.sha256:
            # The same again would come: this is not retried.
            raise Damaged(wanted, digest.hexdigest())

    def _pieces(self, wanted: Wanted, address: _Address, patience: Patience) -> Iterator[bytes | bytearray]:
        """The object's ranges in order; the next ones come while one is worked on."""
        if wanted.size <= RANGE_BYTES:
            yield self._range(wanted, address, 0, patience)
            return
        coming: deque[Future[bytes | bytearray]] = deque()
        for start in range(0, wanted.size, RANGE_BYTES):
            coming.append(self.crew.submit(partial(self._range, wanted, address, start, patience)))
            if len(coming) >= RANGES_AT_ONCE:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()

    def _range(self, wanted: Wanted, address: _Address, start: int, patience: Patience) -> bytes | bytearray:
        end = min(start + RANGE_BYTES, wanted.size)

        def get() -> bytes | bytearray:
            url = address.now()
            headers = {"Range": f"bytes={start}-{end - 1}"} if end else {}
            answer = self._connections.ask("GET", url, headers)
            if answer.status in (ABSENT, DENIED):
                address.refused(url, answer.status, wanted.what)
            if answer.status == NOT_SO_LONG:
                raise _OtherSize(f"{wanted.what} is shorter in the store")
            if answer.status >= 300:
                raise OSError(f"the store answered {answer.status}")
            whole = answer.headers.get("content-range", "").rpartition("/")[2] or str(len(answer.data))
            if whole != str(wanted.size) or len(answer.data) != end - start:
                raise _OtherSize(f"{wanted.what} has another size in the store")
            return answer.data

        return patience.persist(get)

    def _sum(self, address: _Address) -> str:
        digest = hashlib.sha256()
        answer = self._connections.ask("GET", address.now(), {}, sink=digest.update)
        if answer.status >= 300:
            raise OSError(f"the store answered {answer.status}")
        return digest.hexdigest()
