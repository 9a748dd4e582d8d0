"""Schedules of flows: what is due becomes runs, and what a run's end means for them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tasks.ledger.models import Run
from tasks.services import Services


def tick(services: Services) -> None:
    """Start what is due. Called by the beat's ``flows.tick``; several at once do no harm."""


def run_ended(s: Session, run: Run, now: float) -> list[str]:
    """Ids of the runs to wake once ``s`` is committed: called by the engine in the transaction of the end."""
    return []
