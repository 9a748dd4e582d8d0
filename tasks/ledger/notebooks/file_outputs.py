"""Outputs that came with a file: named by their digest, so that many versions may have them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, delete, func, insert, select
from sqlalchemy.orm import Session

from broker_config.wire.errors import BadField
from tasks.ledger.batches import batched, quietly
from tasks.ledger.models import NotebookOutput, NotebookVersion

MOST_CHARACTERS = 64 * 1024 * 1024
"""Of what one notebook keeps, as JSON."""

Outputs = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Outputs as nbformat has them, and what they are named by: see ``kept``."""

    digest: str
    outputs: Outputs
    size: int


def kept(outputs_: Outputs) -> Kept | None:
    """Outputs to keep; None: there are none."""
    text = json.dumps(outputs_, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Kept(digest, outputs_, len(text)) if outputs_ else None


def keep(s: Session, notebook_id: str, new: Sequence[Kept]) -> None:
    """Store outputs, if they are not there.

    Raises:
        BadField: with what its versions have already it is more than ``MOST_CHARACTERS``.
    """
    here = NotebookOutput.notebook_id == notebook_id
    there = set(s.scalars(select(NotebookOutput.digest).where(here))) if new else set()
    fresh = [one for one in new if one.digest not in there]
    if not fresh:
        return
    adding = sum(one.size for one in fresh)
    if _size(s, notebook_id) + adding > MOST_CHARACTERS:
        _forget_unnamed(s, notebook_id)
        if _size(s, notebook_id) + adding > MOST_CHARACTERS:
            most = f"{MOST_CHARACTERS // 1024 // 1024} MiB"
            raise BadField(f"a notebook keeps at most {most} of outputs of files: erase them first", "cells")
    rows = [{"notebook_id": notebook_id, "digest": one.digest, "outputs": one.outputs} for one in fresh]
    s.execute(insert(NotebookOutput), rows)


def kept_outputs(s: Session, notebook_id: str, digests: Collection[str]) -> dict[str, Outputs]:
    """Outputs that came with a file, by their digests; what was erased is left out."""
    found: dict[str, Outputs] = {}
    for some in batched(sorted(set(digests))):
        here = (NotebookOutput.notebook_id == notebook_id, NotebookOutput.digest.in_(some))
        rows = s.execute(select(NotebookOutput.digest, NotebookOutput.outputs).where(*here))
        found.update((digest, outputs_) for digest, outputs_ in rows)
    return found


def erase_kept(s: Session, notebook_id: str) -> None:
    """Forget the outputs that came with a file, in every version."""
    s.execute(delete(NotebookOutput).where(NotebookOutput.notebook_id == notebook_id))


def _size(s: Session, notebook_id: str) -> int:
    size = func.sum(func.length(cast(NotebookOutput.outputs, Text)))
    return s.scalar(select(size).where(NotebookOutput.notebook_id == notebook_id)) or 0


def _forget_unnamed(s: Session, notebook_id: str) -> None:
    """Forget what no version that is kept has any more."""
    versions = s.scalars(select(NotebookVersion.cells).where(NotebookVersion.notebook_id == notebook_id))
    named = {cell["kept"] for cells in versions for cell in cells if "kept" in cell}
    here = NotebookOutput.notebook_id == notebook_id
    unnamed = [one for one in s.scalars(select(NotebookOutput.digest).where(here)) if one not in named]
    for some in batched(unnamed):
        s.execute(quietly(delete(NotebookOutput).where(here, NotebookOutput.digest.in_(some))))
