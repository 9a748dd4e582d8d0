"""Deleting old versions of many names at once. The database counts them: they may be very many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, defer

from tasks.ledger.catalog.reading import STORED
from tasks.ledger.catalog.removing import remove_rows
from tasks.ledger.holding import hold
from tasks.ledger.models import CatalogVersion


@dataclass(frozen=True, slots=True)
class Prune:
    """Which versions: of each name all but the ``keep`` (1 or more) highest; of all names, or only of these.

    ``made_before``: of those only what was made before that time.
    """

    owner_id: int
    keep: int
    namespace: str | None = None
    name: str | None = None
    made_before: float | None = None


@dataclass(frozen=True, slots=True)
class Prunable:
    """How many versions of how many names there are to prune, their bytes, and the first of them.

    A promoted version counts with its bytes, though its object may be another version's too.
    """

    count: int
    names: int
    size: int
    versions: list[CatalogVersion]


_ORDER = (CatalogVersion.namespace, CatalogVersion.name, CatalogVersion.version)


def prunable(s: Session, wanted: Prune, limit: int) -> Prunable:
    """What there is to prune; of it the first ``limit`` by namespace, name and version, no ``preview``."""
    over = _over(wanted).subquery()
    of_names = select(over.c.namespace, over.c.name).distinct().subquery()
    count, size = s.execute(
        select(func.count(), func.coalesce(func.sum(over.c.size), 0)).select_from(over)
    ).one()
    names = s.scalar(select(func.count()).select_from(of_names)) or 0
    query = select(CatalogVersion).join(over, over.c.id == CatalogVersion.id).order_by(*_ORDER).limit(limit)
    query = query.options(defer(CatalogVersion.preview, raiseload=True))
    return Prunable(int(count), names, int(size), list(s.scalars(query)))


def prune(s: Session, wanted: Prune, limit: int, now: float) -> Prunable:
    """Delete the first ``limit`` of what ``prunable`` finds; returns what that was before."""
    hold(s, wanted.owner_id)
    found = prunable(s, wanted, limit)
    remove_rows(s, found.versions, now)
    return found


def _over(wanted: Prune) -> Select[Any]:
    of_name = (CatalogVersion.namespace, CatalogVersion.name)
    rank = func.row_number().over(partition_by=of_name, order_by=CatalogVersion.version.desc())
    here = [STORED, CatalogVersion.owner_id == wanted.owner_id]
    if wanted.namespace is not None:
        here.append(CatalogVersion.namespace == wanted.namespace)
    if wanted.name is not None:
        here.append(CatalogVersion.name == wanted.name)
    columns = (CatalogVersion.id, *of_name, CatalogVersion.size, CatalogVersion.created_at)
    ranked = select(*columns, rank.label("rank")).where(*here).subquery()
    found = select(ranked).where(ranked.c.rank > max(wanted.keep, 1))
    if wanted.made_before is not None:
        found = found.where(ranked.c.created_at < wanted.made_before)
    return found
