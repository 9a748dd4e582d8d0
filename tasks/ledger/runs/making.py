"""What making a run asks the ledger: of a flow and of kernels, without objects of rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from broker_config.wire.states import DesiredState
from tasks.ledger.batches import batched
from tasks.ledger.models import Base

_FLOWS, _KERNELS = Base.metadata.tables["flows"].c, Base.metadata.tables["kernels"].c
_VERSIONS = Base.metadata.tables["flow_versions"].c


class KernelState(NamedTuple):
    """A kernel where it matters to who needs it to run. Times in unix seconds."""

    uid: str
    slug: str
    state: str
    desired_state: str
    state_since: float
    intended_at: float | None
    restart_at: float | None
    error: str | None
    lock_digest: str | None
    intent_nonce: str | None


_IN_SHORT = [_KERNELS[name] for name in KernelState._fields]
_THERE = (_KERNELS.deleted_at.is_(None), _KERNELS.desired_state != DesiredState.DELETED.value)

_BY_UID = select(*_IN_SHORT).where(*_THERE, _KERNELS.uid.in_(bindparam("uids", expanding=True)))


def newest_version(s: Session, owner_id: int, flow_id: str) -> int | None:
    """The number of a flow's newest version, where that owner has it."""
    here = (_FLOWS.id == flow_id, _FLOWS.owner_id == owner_id, _FLOWS.deleted_at.is_(None))
    return s.connection().execute(select(_FLOWS.version).where(*here)).scalar_one_or_none()


def document(s: Session, flow_id: str, version: int) -> dict[str, Any] | None:
    """A version of a flow, whether or not it was deleted."""
    here = (_VERSIONS.flow_id == flow_id, _VERSIONS.version == version)
    return s.connection().execute(select(_VERSIONS.document).where(*here)).scalar_one_or_none()


def kernels_named(s: Session, owner_id: int, refs: Collection[str]) -> dict[str, KernelState]:
    """An owner's kernels by their ids and uids, as far as they are named so. An id comes first."""
    by_uid: dict[str, KernelState] = {}
    by_slug: dict[str, KernelState] = {}
    for some in batched(sorted(refs)):
        named = or_(_KERNELS.slug.in_(some), _KERNELS.uid.in_(some))
        query = select(*_IN_SHORT).where(*_THERE, _KERNELS.owner_id == owner_id, named)
        for row in s.connection().execute(query):
            one = KernelState(*row)
            by_uid[one.uid], by_slug[one.slug] = one, one
    return {**by_uid, **by_slug}


def kernels_there(s: Session, uids: Collection[str]) -> dict[str, KernelState]:
    """Those of these kernels that are there and shall not be deleted."""
    found: dict[str, KernelState] = {}
    for some in batched(sorted(uids)):
        rows = s.connection().execute(_BY_UID, {"uids": list(some)})
        found.update({row.uid: KernelState(*row) for row in rows})
    return found
