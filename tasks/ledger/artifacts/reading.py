"""What is seen of a flow's artifacts: a run sees runs', cells see runs' with their own on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy import delete as delete_from
from sqlalchemy.orm import Session, aliased, defer

from broker_config.wire.errors import NotFound
from tasks.ledger import news, pages
from tasks.ledger.doomed import doom
from tasks.ledger.models import Artifact
from tasks.ledger.places import of_runs

RUN, CELLS = "run", "cells"
LOOSE = "~"


@dataclass(frozen=True, slots=True)
class Place:
    """Where artifacts are: an owner's flow, a run, or the loose namespace of one kernel (``flow_key``)."""

    owner_id: int
    flow_key: str


def flow_key(flow_id: str, kernel_uid: str) -> str:
    """The key of an execution's artifacts; a loose namespace is its kernel's."""
    return flow_id or f"{LOOSE}{kernel_uid}"


def at(place: Place) -> tuple[ColumnElement[bool], ...]:
    """The term of a query for what stands there."""
    return (
        Artifact.owner_id == place.owner_id,
        Artifact.flow_key == place.flow_key,
        ~Artifact.staged,
    )


class Seen(NamedTuple):
    """An artifact in short: of thousands, whole rows would cost most of an answer's time."""

    id: int
    name: str
    node_id: str
    kernel_uid: str
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    size: int
    sha256: str
    created_at: float


_IN_SHORT = [getattr(Artifact, name) for name in Seen._fields]


def _seen(place: Place, scope: str) -> Select[Artifact]:
    return select(Artifact).where(*_is_seen(place, scope))


def _is_seen(place: Place, scope: str) -> tuple[ColumnElement[bool], ...]:
    here = (*at(place), Artifact.gone.is_(False))
    if scope == RUN:
        return (*here, Artifact.scope == RUN)
    return (*here, is_not_hidden())


def is_not_hidden() -> ColumnElement[bool]:
    """The term for what cells see: their own, and of runs' what no name of theirs lies on."""
    on_top = aliased(Artifact)
    hidden = (
        select(on_top.id)
        .where(
            on_top.owner_id == Artifact.owner_id,
            on_top.flow_key == Artifact.flow_key,
            ~on_top.staged,
            on_top.scope == CELLS,
            on_top.name == Artifact.name,
        )
        .exists()
    )
    return (Artifact.scope == CELLS) | ~hidden


def seen_in_short(s: Session, place: Place, scope: str) -> list[Seen]:
    """All artifacts that executions of that scope see, by name."""
    rows = s.execute(select(*_IN_SHORT).where(*_is_seen(place, scope)).order_by(Artifact.name))
    return [Seen(*row) for row in rows]


def seen(s: Session, place: Place, scope: str) -> list[Artifact]:
    """All artifacts that executions of that scope see, by name. ``preview`` is not loaded."""
    query = _seen(place, scope).options(defer(Artifact.preview, raiseload=True))
    return list(s.scalars(query.order_by(Artifact.name)))


def page(
    s: Session, place: Place, after: str | None, limit: int, node_id: str | None = None
) -> tuple[list[Artifact], str | None]:
    """Artifacts as cells see them, by name, and the next cursor. ``preview`` is not loaded.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = _seen(place, CELLS).options(defer(Artifact.preview, raiseload=True))
    if node_id is not None:
        query = query.where(Artifact.node_id == node_id)
    if after is not None:
        query = query.where(Artifact.name > pages.decode(after, str)[0])
    rows = s.scalars(query.order_by(Artifact.name).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.name])


def find(s: Session, place: Place, name: str) -> Artifact:
    """The artifact of a name as cells see it, with its preview.

    Raises:
        NotFound: there is none.
    """
    found = s.scalars(_seen(place, CELLS).where(Artifact.name == name)).one_or_none()
    if found is None:
        raise NotFound(f"there is no artifact {name!r} in this flow")
    return found


def get(s: Session, artifact_id: int) -> Artifact | None:
    """The artifact of an id, staged or not."""
    return s.get(Artifact, artifact_id)


def some(s: Session, artifact_ids: Sequence[int]) -> Sequence[Artifact]:
    """The artifacts of these ids that there are, staged or not. ``preview`` is not loaded."""
    query = select(Artifact).where(Artifact.id.in_(artifact_ids))
    return s.scalars(query.options(defer(Artifact.preview, raiseload=True))).all()


def count(s: Session, place: Place) -> int:
    """How many artifacts stand there, in both scopes."""
    return s.scalar(select(func.count()).select_from(Artifact).where(*at(place))) or 0


def delete(s: Session, place: Place, name: str, now: float) -> None:
    """A person deletes an artifact: neither cells nor runs see it any more.

    Raises:
        NotFound: there is none.
    """
    find(s, place, name)
    gone = delete_from(Artifact).where(*at(place), Artifact.name == name)
    doom(s, s.scalars(gone.returning(Artifact.object_key)), now)
    news.note(s, place.owner_id, "artifacts")


def of_kernel(
    s: Session, kernel_uid: str, after: int | None, limit: int
) -> tuple[list[Artifact], int | None]:
    """What a kernel published and flows have, whole, by id; and the last id where there are more."""
    here = (Artifact.kernel_uid == kernel_uid, ~Artifact.staged, Artifact.gone.is_(False))
    query = select(Artifact).where(*here, ~of_runs(Artifact.flow_key))
    query = query.where(Artifact.damaged.is_(False), Artifact.id > (after or 0))
    query = query.options(defer(Artifact.preview, raiseload=True)).order_by(Artifact.id).limit(limit + 1)
    rows = list(s.scalars(query))
    return (rows, None) if len(rows) <= limit else (rows[:limit], rows[limit - 1].id)
