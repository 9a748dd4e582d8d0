"""What is saved in versions: flows and notebooks. A save names the version that it was made from.

Each is its owner's; an admin sees all. A deleted one is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Select, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from broker_config.wire.errors import Conflict, NotFound
from tasks.ledger import pages
from tasks.ledger.faults import conflict
from tasks.ledger.models import Flow, FlowVersion, Notebook, NotebookVersion, User

Saved = TypeVar("Saved", Flow, Notebook)
Version = TypeVar("Version", FlowVersion, NotebookVersion)

WORDS = {Flow: "flow", Notebook: "notebook"}


def lost_update(what: str) -> str:
    """What is said to who saves what somebody else saved meanwhile."""
    return f"this {what} was saved in the meantime: load it again; nothing was changed"


def mine(user: User, table: type[Saved]) -> Select[Saved]:
    """A query of those that are there and this user's; of all for an admin."""
    query = select(table).where(table.deleted_at.is_(None))
    return query if user.role == "admin" else query.where(table.owner_id == user.id)


def visible(s: Session, user: User, table: type[Saved], id_: str) -> Saved:
    """The one of an id, if it is this user's.

    Raises:
        NotFound: none, deleted, or somebody else's.
    """
    found = s.scalars(mine(user, table).where(table.id == id_)).one_or_none()
    if found is None:
        raise NotFound(f"there is no such {WORDS[table]}")
    return found


def advance(s: Session, table: type[Saved], id_: str, expected: int, **values: Any) -> Saved:
    """The row with these values and the next number, if ``expected`` is still its newest.

    Raises:
        Conflict: field ``version``: somebody else saved it meanwhile. NotFound: it was deleted meanwhile.
    """
    here = update(table).where(table.id == id_, table.version == expected, table.deleted_at.is_(None))
    changed = s.execute(here.values(version=expected + 1, **values).returning(table.id))
    won = changed.one_or_none() is not None
    row = s.get_one(table, id_, populate_existing=True)
    if row.deleted_at is not None:
        raise NotFound(f"there is no such {WORDS[table]}")
    if not won:
        raise Conflict(lost_update(WORDS[table]), "version")
    return row


@contextmanager
def told_apart(table: type[Flow] | type[Notebook]) -> Iterator[None]:
    """Two saves that met in one number are a lost update, too."""
    with conflict(lost_update(WORDS[table]), "version"):
        yield


def mark_deleted(s: Session, table: type[Saved], id_: str, now: float) -> None:
    """Note that it is deleted.

    Raises:
        NotFound: it was meanwhile.
    """
    gone = update(table).where(table.id == id_, table.deleted_at.is_(None)).values(deleted_at=now)
    if s.execute(gone.returning(table.id)).one_or_none() is None:
        raise NotFound(f"there is no such {WORDS[table]}")


def newest_first(
    s: Session,
    query: Select[Version],
    number: InstrumentedAttribute[int],
    after: str | None,
    limit: int,
) -> tuple[list[Version], str | None]:
    """The versions of a query by their ``number``, the newest first, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    if after is not None:
        query = query.where(number < pages.decode(after, int)[0])
    rows = s.scalars(query.order_by(number.desc()).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.version])
