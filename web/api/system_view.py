"""What streams tell admins of the system's figures."""

from __future__ import annotations

from broker_config.wire.errors import Forbidden, NotFound
from tasks.ledger.models import User
from web.answers import dumps
from web.auth.rules import Role
from web.figures import Figures

AGAIN_S = 2.0


class SystemView:
    """The newest figures, each told once. Where they are not ``asked`` for it tells nothing."""

    def __init__(self, figures: Figures, user: User, asked: bool) -> None:
        if asked and user.role != Role.ADMIN:
            raise Forbidden(f"the topic `system` needs the role {Role.ADMIN}: ask an admin")
        self._figures = figures
        self._asked = asked
        self._told_at: float | None = None

    def check(self, user: User) -> None:
        """Raise ``NotFound`` where they are not theirs to see any more."""
        if self._asked and user.role != Role.ADMIN:
            raise NotFound("the figures of the system are for admins")

    def describe(self) -> list[str]:
        """As events."""
        figures = self._figures.newest()
        if figures is None or figures["at"] == self._told_at:
            return []
        self._told_at = figures["at"]
        return [dumps({"type": "system", "figures": figures})]
