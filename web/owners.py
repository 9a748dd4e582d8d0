"""Names of kernels' owners. Neither a kernel's owner nor a user's name ever changes, so both are kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TypeVar

from tasks.ledger import kernels, users
from tasks.ledger.session import Ledger

MOST_KEPT = 50_000
K = TypeVar("K")
V = TypeVar("V")


class Owners:
    """Look-ups with a memory; safe for threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names: OrderedDict[int, str] = OrderedDict()
        self._owner_ids: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def name(self, user_id: int) -> str:
        """The name of a user."""
        with self._lock:
            known = self._names.get(user_id)
        if known is not None:
            return known
        with self._ledger.read() as session:
            user = users.get(session, user_id)
        return self._keep(self._names, user_id, user.name if user is not None else "")

    def of_kernel(self, uid: str) -> int | None:
        """The user id of a kernel's owner; None when there is no such kernel."""
        with self._lock:
            known = self._owner_ids.get(uid)
        if known is not None:
            return known
        with self._ledger.read() as session:
            kernel = kernels.get(session, uid)
        return None if kernel is None else self._keep(self._owner_ids, uid, kernel.owner_id)

    def _keep(self, memory: OrderedDict[K, V], key: K, value: V) -> V:
        with self._lock:
            memory[key] = value
            while len(memory) > MOST_KEPT:
                memory.popitem(last=False)
        return value
