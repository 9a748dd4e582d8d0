"""New versions: prepared before anything is uploaded, a version once the object is there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from broker_config.wire.errors import Conflict, NotFound
from tasks.ledger import news
from tasks.ledger.batches import quietly
from tasks.ledger.catalog.reading import find
from tasks.ledger.holding import hold
from tasks.ledger.models import CatalogInput, CatalogName, CatalogTag, CatalogVersion
from tasks.ledger.upsert import insert_into

_COPIED = (
    *("owner_id", "namespace", "name", "description", "tags", "type_name", "module", "format", "meta"),
    *("preview", "object_key", "size", "sha256", "damaged", "promoted", "flow_id", "flow_version"),
    *("node_id", "execution_id", "kernel_uid", "code_sha256", "lock_digest"),
)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a version: the execution, and what it ran on. Sums are SHA-256 in hex."""

    owner_id: int
    flow_id: str
    flow_version: int | None
    node_id: str
    execution_id: str
    kernel_uid: str
    code_sha256: str
    lock_digest: str | None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a prepared version becomes. Size in bytes; ``inputs``: what was read before it was made."""

    description: str | None
    tags: list[str]
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    preview: dict[str, Any] | None
    inputs: list[str]
    object_key: str
    size: int
    sha256: str


def prepare(s: Session, maker: Maker, namespace: str, name: str, now: float) -> CatalogVersion:
    """A version to be, without a number; its id is never another's."""
    row = CatalogVersion(**asdict(maker), namespace=namespace, name=name, tags=[], created_at=now)
    s.add(row)
    s.flush()
    return row


def prepared_by(s: Session, execution_id: str) -> int:
    """How many versions an execution has prepared and not finalized."""
    here = (CatalogVersion.execution_id == execution_id, CatalogVersion.version.is_(None))
    return s.scalar(select(func.count()).select_from(CatalogVersion).where(*here)) or 0


def get(s: Session, version_id: int) -> CatalogVersion | None:
    """A version by its id, prepared or not."""
    return s.get(CatalogVersion, version_id)


def finalize(s: Session, version_id: int, new: NewVersion, now: float) -> CatalogVersion:
    """Make a prepared version the latest of its name; the same bytes again change nothing.

    Raises:
        NotFound: it was not prepared, or swept. Conflict: it is a version already, of other bytes.
    """
    row = s.get(CatalogVersion, version_id)
    if row is None:
        raise NotFound("this version was not prepared, or too long ago")
    hold(s, row.owner_id)
    s.refresh(row)
    if row.version is not None:
        # Its key may be another by now: it was promoted.
        if (row.sha256, row.size) != (new.sha256, new.size):
            raise Conflict("this version is published already")
        return row
    values = asdict(new)
    inputs = values.pop("inputs")
    for field, value in values.items():
        setattr(row, field, value)
    row.promoted, row.created_at = False, now
    row.version = _next_number(s, row)
    s.add_all(CatalogTag(version_id=row.id, tag=tag) for tag in sorted(set(new.tags)))
    s.add_all(CatalogInput(version_id=row.id, input=one) for one in sorted(set(inputs)))
    s.flush()
    news.note(s, row.owner_id, "catalog")
    return row


def promote(s: Session, owner_id: int, namespace: str, name: str, version: int, now: float) -> CatalogVersion:
    """Make an old version count again: a new latest version of the same object; nothing is changed or copied.

    Its ``promoted_from`` says which it was; description, tags, producer and inputs are the old one's.

    Raises:
        NotFound: there is no such version. Conflict: it is the latest already, or its object is damaged.
    """
    hold(s, owner_id)
    old = find(s, owner_id, namespace, name, version)
    if old.id == find(s, owner_id, namespace, name, None).id:
        raise Conflict(f"version {version} is the latest already", "version")
    if old.damaged:
        raise Conflict(f"the object of version {version} is damaged", "version")
    row = CatalogVersion(
        **{field: getattr(old, field) for field in _COPIED}, promoted_from=version, created_at=now
    )
    row.version = _next_number(s, row)
    s.add(row)
    s.flush()
    inputs = s.scalars(select(CatalogInput.input).where(CatalogInput.version_id == old.id))
    s.add_all(CatalogInput(version_id=row.id, input=one) for one in inputs.all())
    s.add_all(CatalogTag(version_id=row.id, tag=tag) for tag in sorted(set(old.tags)))
    s.flush()
    news.note(s, owner_id, "catalog")
    return row


@dataclass(frozen=True, slots=True)
class Said:
    """What people say of a version; None leaves it as it is, a description of "" takes it away."""

    description: str | None = None
    tags: list[str] | None = None


def describe(
    s: Session, owner_id: int, namespace: str, name: str, version: int, said: Said
) -> CatalogVersion:
    """Say something else of a version. Its object, number and date stay.

    Raises:
        NotFound: there is no such version.
    """
    hold(s, owner_id)
    row = find(s, owner_id, namespace, name, version)
    if said.description is not None:
        row.description = said.description or None
    if said.tags is not None:
        row.tags = list(dict.fromkeys(said.tags))
        s.execute(quietly(delete(CatalogTag).where(CatalogTag.version_id == row.id)))
        s.add_all(CatalogTag(version_id=row.id, tag=tag) for tag in row.tags)
    s.flush()
    news.note(s, owner_id, "catalog")
    return row


def _next_number(s: Session, row: CatalogVersion) -> int:
    """The highest that was given while this name lives, and one; 1 where it did not."""
    new = insert_into(s, CatalogName).values(
        owner_id=row.owner_id, namespace=row.namespace, name=row.name, last_version=1
    )
    counted = new.on_conflict_do_update(
        index_elements=["owner_id", "namespace", "name"],
        set_={"last_version": CatalogName.last_version + 1},
    )
    return int(s.execute(counted.returning(CatalogName.last_version)).scalar_one())
