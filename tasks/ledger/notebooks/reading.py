"""Reading notebooks and their versions."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from tasks.ledger import pages, versioned
from tasks.ledger.batches import batched
from tasks.ledger.models import Notebook, NotebookOutput, NotebookVersion, User
from tasks.ledger.notebooks.saving import Outputs


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


def kept_outputs(s: Session, notebook_id: str, digests: Collection[str]) -> dict[str, Outputs]:
    """Outputs that came with a file, by their digests; what was erased is left out."""
    found: dict[str, Outputs] = {}
    for some in batched(sorted(set(digests))):
        here = (NotebookOutput.notebook_id == notebook_id, NotebookOutput.digest.in_(some))
        rows = s.execute(select(NotebookOutput.digest, NotebookOutput.outputs).where(*here))
        found.update((digest, outputs_) for digest, outputs_ in rows)
    return found
