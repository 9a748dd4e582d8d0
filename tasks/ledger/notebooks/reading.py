"""Reading notebooks and their versions."""

from __future__ import annotations

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from tasks.ledger import pages, versioned
from tasks.ledger.models import Notebook, NotebookVersion, User


def visible(s: Session, user: User, notebook_id: str) -> Notebook:
    """The notebook of an id, if it is this user's; an admin sees all.

    Raises:
        NotFound: none, deleted, or somebody else's.
    """
    return versioned.visible(s, user, Notebook, notebook_id)


def page(
    s: Session, user: User, words: str | None, after: str | None, limit: int, all: bool = False
) -> tuple[list[Notebook], str | None]:
    """A user's notebooks with ``words`` in their names, the last saved first, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = versioned.mine(user, Notebook)
    if not all:
        query = query.where(Notebook.owner_id == user.id)
    if words:
        query = query.where(func.lower(Notebook.name).contains(words.lower(), autoescape=True))
    key = (Notebook.updated_at, Notebook.id)
    if after is not None:
        query = query.where(tuple_(*key) < tuple_(*pages.decode(after, float, str)))
    rows = s.scalars(query.order_by(*(column.desc() for column in key)).limit(limit + 1)).all()
    return pages.cut(rows, limit, lambda row: [row.updated_at, row.id])


def versions(
    s: Session, notebook: Notebook, after: str | None, limit: int
) -> tuple[list[NotebookVersion], str | None]:
    """Its versions that are kept, the newest first, and the next cursor.

    Raises:
        BadField: ``after`` is no cursor of this list.
    """
    query = select(NotebookVersion).where(NotebookVersion.notebook_id == notebook.id)
    return versioned.newest_first(s, query, NotebookVersion.version, after, limit)
