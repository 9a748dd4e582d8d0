"""What one stream may tell about kernels: its user's own and shared ones, and when they are so no more."""

from __future__ import annotations

from typing import Any

from broker_config.wire.errors import NotFound
from tasks.ledger import kernels, shares
from tasks.ledger.models import User
from web.api.shapes.kernels import show_all
from web.context import Web


class KernelView:
    """Follows what a user may see. ``uids``: whose events the stream has; ``lists``: changes of all, too."""

    def __init__(self, web: Web, user: User, uids: frozenset[str], lists: bool) -> None:
        self._web = web
        self._user = user
        self._uids = uids
        self._told: set[str] = set(uids)
        if lists:
            with web.services.ledger.read() as session:
                self._told |= shares.uids_of(session, user)

    def check(self, user: User) -> None:
        """Note who the user is now.

        Raises:
            NotFound: a kernel whose events the stream has is not theirs to see any more.
        """
        self._user = user
        foreign = {uid for uid in self._uids if self._web.owners.of_kernel(uid) != user.id}
        if user.role == "admin" or not foreign:
            return
        with self._web.services.ledger.read() as session:
            seen = {row.uid for row in kernels.seen(session, user, foreign)}
        if seen != foreign:
            raise NotFound("a kernel of this stream is not shared with you any more, or was deleted")

    def describe(self, uids: list[str]) -> list[dict[str, Any]]:
        """Changed kernels as the user sees them; None in place of one that is gone, if they had seen it."""
        with self._web.services.ledger.read() as session:
            rows = kernels.seen(session, self._user, uids)
        found: list[dict[str, Any]] = [
            {"kernel_id": row.uid, "kernel": shown}
            for row, shown in zip(rows, show_all(self._web, self._user, rows), strict=True)
        ]
        there = {row.uid for row in rows}
        gone = [uid for uid in uids if uid not in there and self._had(uid)]
        self._told = (self._told | there) - set(gone)
        return found + [{"kernel_id": uid, "kernel": None} for uid in gone]

    def _had(self, uid: str) -> bool:
        own = self._user.role == "admin" or self._web.owners.of_kernel(uid) == self._user.id
        return own or uid in self._told
