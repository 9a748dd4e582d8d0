"""The epoch that Redis must hold."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.ledger.models import BrokerState
from tasks.ledger.upsert import insert_into


def epoch(s: Session) -> str | None:
    """The broker's epoch; None before the first one."""
    return s.scalar(select(BrokerState.epoch))


def set_epoch(s: Session, value: str) -> None:
    """Begin a broker's epoch."""
    row = insert_into(s, BrokerState).values(id=1, epoch=value)
    s.execute(row.on_conflict_do_update(index_elements=["id"], set_={"epoch": value}))
