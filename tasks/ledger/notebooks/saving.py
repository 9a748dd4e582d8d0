"""Notebooks made, saved as one more version, deleted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete as sql_delete
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from broker_config.wire.errors import NotFound
from tasks.ledger import artifacts, outputs, versioned
from tasks.ledger.holding import hold
from tasks.ledger.models import Notebook, NotebookVersion, User
from tasks.ledger.notebooks.file_outputs import Kept, erase_kept, keep

FOLDED_S = 300.0
"""Saves of one author that lie within this time are one row."""
MOST_KEPT = 200
"""Versions of a notebook with a label, and as many without one: older ones go."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class NewCell:
    """A cell to save. ``keeps``: the outputs that it has, instead of ``outputs``."""

    id: str
    kind: str
    source: str
    outputs: Kept | None = None
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A notebook as somebody saves it. ``label``: what they call this version."""

    name: str
    kernel_uid: str | None
    cells: Sequence[NewCell]
    label: str | None = None


def new_id(now: float) -> str:
    """``nb-`` and a ULID in small letters: they sort by age."""
    number = (int(now * 1000) << 80) | secrets.randbits(80)
    return "nb-" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def create(s: Session, owner: User, new: Document, now: float) -> Notebook:
    """A notebook with its version 1."""
    notebook = Notebook(
        id=new_id(time.time()),
        owner_id=owner.id,
        name=new.name,
        kernel_uid=new.kernel_uid,
        version=1,
        cell_count=len(new.cells),
        created_at=now,
        updated_at=now,
    )
    s.add(notebook)
    s.flush()
    _add(s, notebook, owner.id, new, _stored(s, notebook.id, new.cells, {}), now)
    return notebook


def save(s: Session, user: User, notebook: Notebook, new: Document, expected: int, now: float) -> Notebook:
    """The notebook with one more version, if ``expected`` is still its newest.

    The version before makes room where both are of one author, neither has a label, and it was begun less
    than ``FOLDED_S`` ago.

    Raises:
        Conflict: field ``version``: somebody else saved it meanwhile. NotFound: it was deleted meanwhile.
    """
    values = {"name": new.name, "kernel_uid": new.kernel_uid, "cell_count": len(new.cells), "updated_at": now}
    row = versioned.advance(s, Notebook, notebook.id, expected, **values)
    before = version(s, row, expected)
    cells = _stored(
        s, row.id, new.cells, {cell["id"]: cell["kept"] for cell in before.cells if "kept" in cell}
    )
    same = before.saved_by == user.id and before.label is None and new.label is None
    if same and 0 <= now - before.begun_at < FOLDED_S:
        here = (NotebookVersion.notebook_id == row.id, NotebookVersion.version == expected)
        s.expunge(before)
        s.execute(
            update(NotebookVersion)
            .where(*here)
            .values(version=row.version, name=new.name, cells=cells, saved_at=now)
        )
    else:
        _add(s, row, user.id, new, cells, now)
        _prune(s, row.id, new.label is not None)
    return row


def version(s: Session, notebook: Notebook, number: int | None = None) -> NotebookVersion:
    """A version by its number; None: the newest.

    Raises:
        NotFound: there is none, or it was folded into a later one.
    """
    found = s.get(NotebookVersion, (notebook.id, notebook.version if number is None else number))
    if found is None:
        raise NotFound(f"version {number} of this notebook is not kept; its newest is {notebook.version}")
    return found


def delete(s: Session, notebook: Notebook, now: float) -> None:
    """Delete a notebook with its versions and kept outputs, and the artifacts of its cells.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    hold(s, notebook.owner_id)  # nobody finalizes an execution of it meanwhile
    versioned.mark_deleted(s, Notebook, notebook.id, now)
    erase_kept(s, notebook.id)
    s.execute(sql_delete(NotebookVersion).where(NotebookVersion.notebook_id == notebook.id))
    outputs.delete_flow(s, notebook.owner_id, notebook.id, now)
    artifacts.delete_flow(s, notebook.owner_id, notebook.id, now)


def _stored(
    s: Session, notebook_id: str, cells: Sequence[NewCell], before: Mapping[str, str]
) -> list[dict[str, str]]:
    """The cells as a version has them; outputs that are new are stored."""
    stored: list[dict[str, str]] = []
    new: dict[str, Kept] = {}
    known = set(before.values())
    for cell in cells:
        digest = before.get(cell.id) if cell.keeps else None
        if cell.outputs is not None:
            digest = cell.outputs.digest
            if digest not in known:  # else it is there, or was erased for good
                new[digest] = cell.outputs
        here = {"id": cell.id, "kind": cell.kind, "source": cell.source}
        stored.append(here if digest is None else {**here, "kept": digest})
    keep(s, notebook_id, list(new.values()))
    return stored


def _add(
    s: Session, notebook: Notebook, user_id: int, new: Document, cells: list[dict[str, str]], now: float
) -> None:
    s.add(
        NotebookVersion(
            notebook_id=notebook.id,
            version=notebook.version,
            name=new.name,
            label=new.label,
            cells=cells,
            saved_by=user_id,
            begun_at=now,
            saved_at=now,
        )
    )
    with versioned.told_apart(Notebook):
        s.flush()


def _prune(s: Session, notebook_id: str, labelled: bool) -> None:
    """Forget the oldest versions above ``MOST_KEPT``, of those with a label or of those without."""
    kind = NotebookVersion.label.is_not(None) if labelled else NotebookVersion.label.is_(None)
    here = (NotebookVersion.notebook_id == notebook_id, kind)
    newest = select(NotebookVersion.version).where(*here).order_by(NotebookVersion.version.desc())
    last = s.scalar(newest.offset(MOST_KEPT).limit(1))
    if last is not None:
        gone = sql_delete(NotebookVersion).where(*here, NotebookVersion.version <= last)
        s.execute(gone.execution_options(synchronize_session=False))
