"""The catalog: objects with versions that every flow of the owner reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from broker_config.wire.codec import build
from broker_config.wire.flows import (
    CatalogEntry,
    DeleteGlobal,
    GetGlobal,
    ListGlobal,
    MayPublishGlobal,
    PublishGlobal,
)
from kernel_worker.runner.calls import ANSWER_S
from kernel_worker.runner.flowfile.arguments import (
    catalog_name,
    description_of,
    format_of,
    name_of,
    tags_of,
    version_of,
)
from kernel_worker.runner.flowfile.session import session
from kernel_worker.runner.flowfile.telling import tell

if TYPE_CHECKING:
    from kernel_worker.runner.flowfile.things import GlobalArtifactInfo

DEFAULT = "default"
NOTHING_STORED = -1
SLOWEST_BYTES_A_SECOND = 1_000_000  # it is stored before the answer


def publish_global(
    name: str,
    obj: Any,
    description: str | None = None,
    tags: list[str] | None = None,
    namespace: str = "default",
    fmt: str | None = None,
) -> int:
    """Put a new version of an object into the catalog.

    In an interactive cell, and in what is no saved flow, a warning says why, and nothing is stored.

    Args:
        name: 1 to 200 characters, no control characters, no ``/``, ``\\``, ``::``.
        obj: any object.
        description: at most 10,000 characters.
        tags: at most 50, of 1 to 100 characters.
        namespace: names live in namespaces; as ``name``.
        fmt: ``parquet``, ``joblib`` or ``cloudpickle``; None: the one that fits the type.

    Returns:
        The id of the version, never used again; -1 when nothing was stored.

    Raises:
        NotSerializable: a ``TypeError``; it names the attribute or item at fault. Nothing was sent.
        ValueError: not a name, or not what ``fmt`` can hold.
        TypeError: an argument of another type.
        OSError: the kernel's disk is full.

    Example:
        artifact_id = flowfile.publish_global(
            "delay_model", model, description="Minutes late, by month and distance", tags=["ml"]
        )
    """
    named, within = name_of(name, "name"), name_of(namespace, "namespace")
    told, tagged, wanted = description_of(description), tags_of(tags), format_of(fmt)
    here = session()
    why = here.calls.ask(MayPublishGlobal()).data.get("why")
    if why:
        return _nothing(named, why)
    from kernel_worker.runner.flowfile.keeping import serialized  # here and below: an idle runner is small

    with serialized(here, obj, f"the object {named!r}", True, wanted) as kept:
        question = PublishGlobal(name=named, namespace=within, description=told, tags=tagged, **kept.facts)
        patience_s = ANSWER_S + os.fstat(kept.fd).st_size / SLOWEST_BYTES_A_SECOND
        answer = here.calls.ask(question, [kept.fd], patience_s).data
    return int(answer["id"]) if answer["id"] != NOTHING_STORED else _nothing(named, answer.get("why"))


def _nothing(name: str, why: Any) -> int:
    tell(f"publish_global stored nothing for {name!r}: {why}")
    return NOTHING_STORED


def get_global(name: str, version: int | None = None, namespace: str | None = None) -> Any:
    """An object of the catalog.

    Args:
        name: its name; ``namespace::name`` names both.
        version: its number, from 1 on; None: the latest.
        namespace: None: ``default``.

    Returns:
        A new object at each call, as it was when it was published.

    Raises:
        KeyError: no such name or version.
        ValueError: not a name, or what is stored is damaged: both checksums are named, and it stays.
        ModuleNotFoundError: this kernel lacks a package that the object needs.

    Example:
        model = flowfile.get_global("delay_model")
        first = flowfile.get_global("delay_model", version=1)
    """
    named, within = catalog_name(name, namespace)
    here = session()
    answer = here.calls.ask(GetGlobal(named, within or DEFAULT, version_of(version)))
    try:
        found = build(CatalogEntry, answer.data)
        fd = answer.take_fd()
    finally:
        answer.close()
    from kernel_worker.runner.stored.reading import read

    return read(fd, found.format, found.meta, found.sha256, here.shelf(), f"the object {named!r}")


def list_global_artifacts(
    tags: list[str] | None = None, namespace: str | None = None, name: str | None = None
) -> list[GlobalArtifactInfo]:
    """All versions in the catalog, the newest first.

    Args:
        tags: only what has all of these.
        namespace: only this one's; None: of all.
        name: only this name's.

    Returns:
        Items with the attributes ``id``, ``name``, ``namespace``, ``version``, ``python_type``, ``format``,
        ``size_bytes`` (as stored), ``created_at`` (aware, UTC), ``tags``, ``description``, ``owner``,
        ``flow_id``, ``node_id``.

    Raises:
        TypeError, ValueError: an argument that is no name or no list of tags.

    Example:
        for a in flowfile.list_global_artifacts(tags=["ml"]):
            print(f"{a.name} v{a.version} — {a.python_type}")
    """
    named, within = (None, namespace) if name is None else catalog_name(name, namespace)
    spaced = None if within is None else name_of(within, "namespace")
    from kernel_worker.runner.flowfile.things import Listing, global_info

    found: Listing[GlobalArtifactInfo] = Listing()
    for answer in session().calls.ask_all(ListGlobal(tags_of(tags), spaced, named)):
        found.extend(global_info(build(CatalogEntry, one)) for one in answer.data["entries"])
    return found


def delete_global_artifact(name: str, version: int | None = None, namespace: str | None = None) -> None:
    """Remove a version from the catalog, or all of a name.

    Args:
        name: its name; ``namespace::name`` names both.
        version: its number; None: all versions.
        namespace: None: ``default``.

    Raises:
        KeyError: no such name or version.
        ValueError, TypeError: not a name, not a version.

    Example:
        flowfile.delete_global_artifact("delay_model", version=1)
    """
    named, within = catalog_name(name, namespace)
    session().calls.ask(DeleteGlobal(named, within or DEFAULT, version_of(version))).close()
