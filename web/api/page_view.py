"""What a page's one stream may tell: of kernels, of runs, and of one's own lists."""

from __future__ import annotations

from collections.abc import Collection

from tasks.ledger.models import User
from web.answers import dumps
from web.api.kernel_view import KernelView
from web.api.run_following import RunView
from web.api.system_view import SystemView
from web.api.topics import Topics
from web.context import Web
from web.live.entries import SYSTEM, kernels_in, lists_in, runs_in
from web.live.looks import Batch


class PageView:
    """All together. ``topics.all_kernels``: changes of all kernels, too.

    Raises:
        Forbidden: figures of the system are asked for, and the user is no admin.
    """

    def __init__(
        self, web: Web, user: User, uids: frozenset[str], runs: frozenset[str], topics: Topics
    ) -> None:
        self._kernels = KernelView(web, user, uids, topics.all_kernels)
        self._runs = RunView(web, user, runs)
        self._system = SystemView(web.figures, user, topics.system)

    def check(self, user: User, batch: Batch) -> None:
        """Raises ``NotFound`` for what is not theirs to see any more."""
        self._kernels.check(user, batch)
        self._runs.check(user)
        self._system.check(user)

    def describe(self, batch: Batch, changed: frozenset[str]) -> list[str]:
        """What changed, as events."""
        kernels = kernels_in(changed)
        found = self._kernels.describe(batch, kernels) if kernels else []
        if SYSTEM in changed:
            found = found + self._system.describe()
        lists = [dumps({"type": "changed", "list": name}) for name in lists_in(changed)]
        return found + self._runs.describe(batch, runs_in(changed)) + lists

    def cleared(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some executions whose output was erased."""
        return self._kernels.cleared(ids)
