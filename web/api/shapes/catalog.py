"""Global artifacts as the API tells of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tasks.ledger.catalog import Lineage, Prunable
from tasks.ledger.models import CatalogVersion
from web.api.shapes.basic import LIST_END, moment
from web.context import Web
from web.validation.fields import Shape


class EntryShape(Shape):
    """One version."""

    id: int = Field(description="Never another's")
    name: str
    namespace: str
    version: int
    description: str | None
    tags: list[str]
    python_type: str
    module: str
    format: str = Field(description="parquet, joblib or cloudpickle")
    size: int = Field(description="Bytes as they are stored")
    sha256: str
    damaged: bool
    owner: str
    flow_id: str
    node_id: str
    created_at: str | None
    promoted_from: int | None = Field(description="The older version whose object this is again")


class EntryList(Shape):
    """The latest version of each name, by namespace and name."""

    items: list[EntryShape]
    next: str | None = Field(description=LIST_END)


class NameShape(Shape):
    """A name with its versions, the newest first."""

    name: str
    namespace: str
    latest: int
    items: list[EntryShape]
    next: str | None = Field(description=LIST_END)


class ProducerShape(Shape):
    """Who made a version, and on what. Sums are SHA-256 in hex."""

    flow_id: str
    flow_version: int | None
    node_id: str
    run_id: str | None = Field(description="Null: no run made it, or its execution is forgotten")
    execution_id: str
    kernel_id: str
    code_sha256: str
    lock_digest: str | None = Field(description="The kernel's lock; null: the packages of its flavour")


class ReaderShape(Shape):
    """A node that read a version."""

    flow_id: str = Field(description="`~` and a kernel's uid: its cells without a flow")
    node_id: str
    execution_id: str
    at: str | None


class MadeShape(Shape):
    """A version that was made by who had read this one."""

    name: str
    namespace: str
    version: int
    flow_id: str
    node_id: str
    created_at: str | None


class VersionShape(EntryShape):
    """One version with its lineage both ways."""

    is_latest: bool
    has_preview: bool
    producer: ProducerShape
    inputs: list[str] = Field(description="`namespace::name@version`, and local artifacts by their names")
    readers: list[ReaderShape]
    made_from_it: list[MadeShape]


class DeletedShape(Shape):
    """How many versions are gone."""

    deleted: int


class PrunedShape(Shape):
    """What a prune deleted, or with `dry_run` would delete."""

    dry_run: bool
    versions: list[EntryShape] = Field(description="The first of them, by namespace, name and version")
    count: int = Field(description="How many there were to delete")
    names: int = Field(description="Of how many names")
    size: int = Field(description="Bytes of all of them, as they were published")
    left: int = Field(description="How many are still there: ask again to delete more of them")


class NamespaceList(Shape):
    """Namespaces that hold something, by name."""

    items: list[str]
    next: str | None = Field(description=LIST_END)


def show_entry(web: Web, row: CatalogVersion) -> dict[str, Any]:
    """An ``EntryShape``."""
    plain = ("id", "name", "namespace", "version", "description", "tags", "module", "format", "size")
    more = ("sha256", "damaged", "flow_id", "node_id", "promoted_from")
    return {
        **{name: getattr(row, name) for name in (*plain, *more)},
        "python_type": row.type_name,
        "owner": web.owners.name(row.owner_id),
        "created_at": moment(row.created_at),
    }


def show_version(web: Web, found: Lineage, is_latest: bool) -> dict[str, Any]:
    """A ``VersionShape``; ``found.version`` with its preview."""
    row = found.version
    made_by = ("flow_id", "flow_version", "node_id", "execution_id", "code_sha256", "lock_digest")
    return {
        **show_entry(web, row),
        "is_latest": is_latest,
        "has_preview": row.preview is not None,
        "producer": {
            **{name: getattr(row, name) for name in made_by},
            **{"run_id": found.run_id, "kernel_id": row.kernel_uid},
        },
        "inputs": found.inputs,
        "readers": [
            {"flow_id": r.flow_key, "node_id": r.node_id, "execution_id": r.execution_id, "at": moment(r.at)}
            for r in found.readers
        ],
        "made_from_it": [_made(made) for made in found.made_from_it],
    }


def show_pruned(web: Web, found: Prunable, dry_run: bool) -> dict[str, Any]:
    """A ``PrunedShape``."""
    shown = [show_entry(web, row) for row in found.versions]
    return {
        **{"dry_run": dry_run, "versions": shown, "count": found.count, "names": found.names},
        "size": found.size,
        "left": found.count if dry_run else found.count - len(shown),
    }


def _made(row: CatalogVersion) -> dict[str, Any]:
    plain = ("name", "namespace", "version", "flow_id", "node_id")
    return {**{name: getattr(row, name) for name in plain}, "created_at": moment(row.created_at)}
