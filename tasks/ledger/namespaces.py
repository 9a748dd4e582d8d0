"""Epochs of namespaces."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.ledger.doing import Doing, connection_of
from tasks.ledger.models import Namespace
from tasks.ledger.upsert import insert_into


def epoch_of(s: Doing, uid: str, flow_id: str) -> int:
    """The epoch of a namespace; 0 until it was first ended."""
    here = (Namespace.kernel_uid == uid, Namespace.flow_id == flow_id)
    return connection_of(s).scalar(select(Namespace.epoch).where(*here)) or 0


def next_epoch(s: Session, uid: str, flow_id: str) -> int:
    """Begin the next epoch and return it (1 at first). Two callers never get the same.

    Raises:
        Conflict: no such kernel.
    """
    row = insert_into(s, Namespace).values(kernel_uid=uid, flow_id=flow_id, epoch=1)
    count = row.on_conflict_do_update(
        index_elements=["kernel_uid", "flow_id"], set_={"epoch": Namespace.epoch + 1}
    ).returning(Namespace.epoch)
    return s.scalars(count).one()
