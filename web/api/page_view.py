"""What a page's one stream may tell: of kernels, and of runs."""

from __future__ import annotations

from collections.abc import Collection

from tasks.ledger.models import User
from web.api.kernel_view import KernelView
from web.api.run_following import RunView
from web.context import Web
from web.live.entries import kernels_in, runs_in
from web.live.looks import Batch


class PageView:
    """Both together. ``lists``: changes of all kernels, too."""

    def __init__(self, web: Web, user: User, uids: frozenset[str], runs: frozenset[str], lists: bool) -> None:
        self._kernels = KernelView(web, user, uids, lists)
        self._runs = RunView(web, user, runs)

    def check(self, user: User, batch: Batch) -> None:
        """Raises ``NotFound`` for what is not theirs to see any more."""
        self._kernels.check(user, batch)
        self._runs.check(user)

    def describe(self, batch: Batch, changed: frozenset[str]) -> list[str]:
        """What changed, as events."""
        kernels = kernels_in(changed)
        found = self._kernels.describe(batch, kernels) if kernels else []
        return found + self._runs.describe(batch, runs_in(changed))

    def cleared(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some executions whose output was erased."""
        return self._kernels.cleared(ids)
