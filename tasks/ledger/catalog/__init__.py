"""The catalog: global artifacts of an owner, by namespace and name, in versions."""

from tasks.ledger.catalog.lineage import Lineage, is_noted, lineage, note_read
from tasks.ledger.catalog.moving import mark_damaged, promote_object, unpromoted
from tasks.ledger.catalog.pruning import Prunable, Prune, prunable, prune
from tasks.ledger.catalog.publishing import (
    Maker,
    NewVersion,
    Said,
    describe,
    finalize,
    get,
    prepare,
    prepared_by,
    promote,
)
from tasks.ledger.catalog.reading import (
    Search,
    entries,
    find,
    is_latest,
    latest,
    names,
    namespaces,
    page,
    versions,
)
from tasks.ledger.catalog.removing import (
    delete,
    delete_by_person,
    drop_prepared,
)

__all__ = [
    "Lineage",
    "Maker",
    "NewVersion",
    "Prunable",
    "Prune",
    "Said",
    "Search",
    "delete",
    "delete_by_person",
    "describe",
    "drop_prepared",
    "entries",
    "finalize",
    "find",
    "get",
    "is_latest",
    "is_noted",
    "latest",
    "lineage",
    "mark_damaged",
    "names",
    "namespaces",
    "note_read",
    "page",
    "prepare",
    "prepared_by",
    "promote",
    "promote_object",
    "prunable",
    "prune",
    "unpromoted",
    "versions",
]
