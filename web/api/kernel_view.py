"""What streams may tell about kernels: their users' own and shared ones, and when they are so no more."""

from __future__ import annotations

from collections.abc import Collection

from broker_config.wire.errors import NotFound
from tasks.ledger import executions, kernels, shares
from tasks.ledger.models import User
from tasks.ledger.shares import Access
from web.answers import dumps
from web.api.shapes.kernels import show_all
from web.context import Web
from web.live.entries import kernels_in
from web.live.looks import Batch

GLANCE = "kernels"


class Glance:
    """Some kernels at one moment, read once for all streams. Not for several threads."""

    def __init__(self, web: Web, user: User, uids: Collection[str]) -> None:
        self._web = web
        self._user = user
        with web.services.ledger.read() as session:
            self._rows = {row.uid: row for row in kernels.there(session, uids)}
            self._roles = shares.roles(session, uids)
        self._shown: dict[str, dict[str, object]] | None = None
        self._texts: dict[tuple[str, Access], str] = {}

    def access(self, user: User, uid: str) -> Access | None:
        """What a user may do with one of them; None: not even see it, or it is gone."""
        row = self._rows.get(uid)
        return None if row is None else shares.access_by(user, row, self._roles.get((uid, user.id)))

    def text(self, uid: str, access: Access) -> str:
        """One of them as JSON for who has this access."""
        found = self._texts.get((uid, access))
        if found is None:
            shown = {**self._all()[uid], "access": access}
            found = self._texts[uid, access] = _changed(uid, shown)
        return found

    def _all(self) -> dict[str, dict[str, object]]:
        if self._shown is None:
            rows = list(self._rows.values())
            shown = show_all(self._web, self._user, rows)
            self._shown = {row.uid: one for row, one in zip(rows, shown, strict=True)}
        return self._shown


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

    def check(self, user: User, batch: Batch) -> None:
        """Note who the user is now.

        Raises:
            NotFound: a kernel whose events the stream has is not theirs to see any more.
        """
        self._user = user
        if not self._uids:
            return
        glance = self._glance(batch)
        if any(glance.access(user, uid) is None for uid in self._uids if not self._is_own(uid)):
            raise NotFound("a kernel of this stream is not shared with you any more, or was deleted")

    def describe(self, batch: Batch, uids: Collection[str]) -> list[str]:
        """Changed kernels as the user sees them; null in place of one that is gone, if they had seen it."""
        glance, found, gone = self._glance(batch), [], set()
        for uid in uids:
            access = glance.access(self._user, uid)
            if access is not None:
                self._told.add(uid)
                found.append(glance.text(uid, access))
            elif self._is_own(uid) or uid in self._told:
                gone.add(uid)
        self._told -= gone
        return found + [_changed(uid, None) for uid in sorted(gone)]

    def cleared(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some executions whose output was erased."""
        if not ids:
            return frozenset()
        with self._web.services.ledger.read() as session:
            return executions.cleared(session, ids)

    def _is_own(self, uid: str) -> bool:
        return self._user.role == "admin" or self._web.owners.of_kernel(uid) == self._user.id

    def _glance(self, batch: Batch) -> Glance:
        found = batch.kept.get(GLANCE)
        if found is None:
            found = batch.kept[GLANCE] = Glance(self._web, self._user, kernels_in(batch.uids))
        return found


def _changed(uid: str, shown: dict[str, object] | None) -> str:
    return dumps({"type": "kernel", "kernel_id": uid, "kernel": shown})
