"""Writers of one owner's things wait for each other."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from broker_config.wire.errors import NotFound
from tasks.ledger.models import User


def hold(s: Session, owner_id: int) -> None:
    """Hold an owner until the transaction ends. On SQLite every writer waits for every other.

    Raises:
        NotFound: no such owner.
    """
    if s.scalar(select(User.id).where(User.id == owner_id).with_for_update(key_share=True)) is None:
        raise NotFound("there is no such user")
