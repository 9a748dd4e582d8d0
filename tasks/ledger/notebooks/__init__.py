"""Notebooks without a flow, in versions. One is its owner's; an admin sees all."""

from tasks.ledger.notebooks.file_outputs import Kept, Outputs, erase_kept, kept, kept_outputs
from tasks.ledger.notebooks.reading import page, versions, visible
from tasks.ledger.notebooks.saving import (
    FOLDED_S,
    MOST_KEPT,
    Document,
    NewCell,
    create,
    delete,
    save,
    version,
)

__all__ = [
    "FOLDED_S",
    "MOST_KEPT",
    "Document",
    "Kept",
    "NewCell",
    "Outputs",
    "create",
    "delete",
    "erase_kept",
    "kept",
    "kept_outputs",
    "page",
    "save",
    "version",
    "versions",
    "visible",
]
