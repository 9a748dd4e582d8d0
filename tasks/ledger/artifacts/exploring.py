"""All local artifacts of an account, over its flows, notebooks and loose cells; and what led to one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, defer

from tasks.ledger import pages
from tasks.ledger.artifacts.reading import is_not_hidden
from tasks.ledger.models import (
    Artifact,
    CatalogInput,
    CatalogRead,
    CatalogVersion,
    Execution,
    Flow,
    Kernel,
    Notebook,
)
from tasks.ledger.places import of_runs

MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: all of these hold. ``text``: is in the name or type, whatever its case."""

    text: str | None = None
    flow_key: str | None = None
    kernel_uid: str | None = None


def everywhere(
    s: Session, owner_id: int, search: Search, after: str | None, limit: int
) -> tuple[list[Artifact], str | None]:
    """What cells see of each flow, the newest first, and the next cursor. ``preview`` is not loaded.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    here = (Artifact.owner_id == owner_id, ~Artifact.staged, Artifact.gone.is_(False))
    query = select(Artifact).where(*here, ~of_runs(Artifact.flow_key), is_not_hidden())
    if search.flow_key is not None:
        query = query.where(Artifact.flow_key == search.flow_key)
    if search.kernel_uid is not None:
        query = query.where(Artifact.kernel_uid == search.kernel_uid)
    if search.text:
        texts = (func.lower(Artifact.name), func.lower(Artifact.type_name))
        words = search.text.lower()
        query = query.where(or_(*(text.contains(words, autoescape=True) for text in texts)))
    if after is not None:
        query = query.where(Artifact.id < pages.decode(after, int)[0])
    query = query.options(defer(Artifact.preview, raiseload=True))
    rows = s.scalars(query.order_by(Artifact.id.desc()).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.id])


@dataclass(frozen=True, slots=True)
class Named:
    """What people call it, and what it is: ``flow``, ``notebook`` or ``kernel``."""

    kind: str
    name: str
    version: int | None = None


def named(s: Session, flow_keys: Collection[str]) -> dict[str, Named]:
    """Flows, notebooks and kernels' loose namespaces by key, as many as have a name."""
    kernels = [key.removeprefix("~") for key in flow_keys if key.startswith("~")]
    flows = select(Flow.id, Flow.name, Flow.version).where(Flow.id.in_(flow_keys))
    notebooks = select(Notebook.id, Notebook.name).where(Notebook.id.in_(flow_keys))
    loose = select(Kernel.uid, Kernel.name).where(Kernel.uid.in_(kernels))
    return {
        **{key: Named("flow", name, version) for key, name, version in s.execute(flows)},
        **{key: Named("notebook", name) for key, name in s.execute(notebooks)},
        **{f"~{uid}": Named("kernel", name) for uid, name in s.execute(loose)},
    }


def runs_of(s: Session, rows: Collection[Artifact]) -> dict[str, str]:
    """The runs in which artifacts were published, by execution; of cells there are none."""
    ids = {row.execution_id for row in rows}
    query = select(Execution.id, Execution.run_id).where(Execution.id.in_(ids), Execution.run_id.is_not(None))
    return {execution: str(run) for execution, run in s.execute(query)}


def read_before(s: Session, row: Artifact) -> list[CatalogVersion]:
    """Versions of the catalog that its execution read, as far as it was the last of its node to do so."""
    query = (
        select(CatalogVersion)
        .join(CatalogRead, CatalogRead.version_id == CatalogVersion.id)
        .where(CatalogVersion.owner_id == row.owner_id, CatalogRead.execution_id == row.execution_id)
        .options(defer(CatalogVersion.preview, raiseload=True))
    )
    return list(s.scalars(query.order_by(CatalogVersion.id.desc()).limit(MOST_TOLD)))


def made_from(s: Session, row: Artifact) -> list[CatalogVersion]:
    """Versions of the catalog that were made after its flow's code had read it."""
    query = (
        select(CatalogVersion)
        .join(CatalogInput, CatalogInput.version_id == CatalogVersion.id)
        .where(
            CatalogInput.input == row.name,
            CatalogVersion.owner_id == row.owner_id,
            CatalogVersion.flow_id == row.flow_key,
            CatalogVersion.created_at >= row.created_at,
        )
        .options(defer(CatalogVersion.preview, raiseload=True))
    )
    return list(s.scalars(query.order_by(CatalogVersion.id.desc()).limit(MOST_TOLD)))
