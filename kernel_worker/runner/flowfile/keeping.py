"""An object on its way to be kept: its file, and what is told about it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kernel_worker.runner.flowfile.session import Session
from kernel_worker.runner.previews.making import is_figure, preview
from kernel_worker.runner.spool import path_of
from kernel_worker.runner.stored.choosing import type_of
from kernel_worker.runner.stored.writing import write


@dataclass(frozen=True, slots=True)
class Kept:
    """A serialized object; ``facts`` are the fields that both kinds of artifacts have."""

    fd: int
    facts: dict[str, Any]


@contextlib.contextmanager
def serialized(here: Session, obj: Any, what: str, with_preview: bool, fmt: str | None) -> Iterator[Kept]:
    """The object's file and facts for the block.

    Raises:
        NotSerializable, ValueError, OSError: as ``stored.writing.write``.
    """
    written = write(obj, what, here.spool, fmt)
    try:
        type_name, module = type_of(obj)
        yield Kept(
            written.fd,
            {
                "type_name": _word(type_name),
                "module": _word(module),
                "format": written.format,
                "meta": written.meta,
                "preview": preview(obj, path_of(written.fd)) if with_preview else None,
            },
        )
        if is_figure(obj):
            here.presenter.figures.count_as_shown(obj)
    finally:
        os.close(written.fd)


def _word(name: str) -> str:
    """A type's name as one line: it may be anything."""
    return "".join(c if c.isprintable() else "?" for c in name[:200])
