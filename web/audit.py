"""Who changes what, as the audit keeps it: written in the transaction of the change."""

from __future__ import annotations

import time
from typing import Any

from tasks.ledger import audit
from tasks.ledger.audit import Actor, Change
from tasks.ledger.models import User
from tasks.ledger.session import Session
from web.context import caller
from web.errors import request_id


def actor(user: User | None = None) -> Actor:
    """Who asks in this request; ``user``: who just logged in."""
    who = user if user is not None else caller().user
    return Actor(who.id, who.name, request_id())


def nobody() -> Actor:
    """Somebody who is not logged in."""
    return Actor(None, "", request_id())


def note(session: Session, action: str, target: str, **detail: Any) -> None:
    """Write that the caller does this. ``detail`` holds no secret and no code."""
    audit.note(session, actor(), Change(action, target, detail), time.time())
