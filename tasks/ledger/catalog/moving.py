"""Objects of versions move from the kernel that wrote them to the owner's prefix."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, defer

from tasks.ledger.doomed import doom
from tasks.ledger.models import CatalogVersion


def unpromoted(s: Session, limit: int) -> list[CatalogVersion]:
    """The oldest versions whose object is still below its kernel's prefix: one for each object."""
    here = (~CatalogVersion.promoted, CatalogVersion.version.is_not(None))
    first = select(func.min(CatalogVersion.id)).where(*here).group_by(CatalogVersion.object_key)
    query = select(CatalogVersion).where(CatalogVersion.id.in_(first))
    query = query.options(defer(CatalogVersion.preview, raiseload=True))
    return list(s.scalars(query.order_by(CatalogVersion.id).limit(limit)))


def promote_object(s: Session, old_key: str, new_key: str, now: float) -> None:
    """Note that an object was copied: all versions that are this object are the copy now."""
    _everywhere(s, old_key, object_key=new_key, promoted=True)
    doom(s, [old_key], now)


def mark_damaged(s: Session, key: str) -> None:
    """Note that an object's bytes are not what was published, wherever it counts; it stays where it is."""
    _everywhere(s, key, damaged=True, promoted=True)


def _everywhere(s: Session, key: str, **values: Any) -> None:
    s.execute(update(CatalogVersion).where(CatalogVersion.object_key == key).values(**values))
