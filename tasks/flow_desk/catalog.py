"""The catalog as code sees it: prepare, finalize, find, list, delete. It is the kernel owner's."""

from __future__ import annotations

import difflib
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from broker_config.wire.errors import NotFound
from broker_config.wire.flows import (
    CatalogEntry,
    FinalizeGlobal,
    FindGlobal,
    PageGlobal,
    PrepareGlobal,
    RemoveGlobal,
)
from tasks.desk_addresses import gateway_of
from tasks.flow_desk import checks
from tasks.flow_desk.asking import Asker, asker
from tasks.flow_desk.files import signed
from tasks.flow_desk.refusals import Refused
from tasks.ledger import artifacts, catalog, executions, users
from tasks.ledger.models import CatalogVersion
from tasks.ledger.session import Session
from tasks.services import Services

NOTHING = -1
MOST_PREPARED = 1_000
"""Versions that one execution has begun and not ended."""
MOST_IN_A_PAGE = 500
MOST_NAMES = 1_000
INTERACTIVE = (
    "nothing was stored: runs of a saved flow publish global artifacts, and this cell is interactive"
)
NOT_SAVED = "nothing was stored: runs of a saved flow publish global artifacts, and this flow is not saved"


def why_not(who: Asker) -> str:
    """Why an execution may not publish globally; "" where it may."""
    if who.execution.interactive:
        return INTERACTIVE
    return "" if who.version is not None else NOT_SAVED


def prepare(services: Services, uid: str, asked: PrepareGlobal) -> dict[str, Any]:
    """Begin a version. ``ticket`` -1: ``why`` it may not be."""
    namespace, name = checks.artifact_name(asked.namespace), checks.artifact_name(asked.name)
    with services.ledger.read() as s:
        why = why_not(asker(s, uid, asked.execution_id))
    if why:
        return {"ticket": NOTHING, "why": why}
    with services.ledger.write() as s:
        who = asker(s, uid, asked.execution_id)
        if why_not(who):
            return {"ticket": NOTHING, "why": why_not(who)}
        if catalog.prepared_by(s, asked.execution_id) >= MOST_PREPARED:
            raise Refused("RuntimeError", "this execution has too many unfinished global artifacts")
        row = catalog.prepare(s, _maker(s, who), namespace, name, time.time())
    return {"ticket": row.id, "why": ""}


def _maker(s: Session, who: Asker) -> catalog.Maker:
    execution = executions.get(s, who.execution.id)
    code = "" if execution is None else execution.code
    return catalog.Maker(
        owner_id=who.place.owner_id,
        flow_id=who.execution.flow_id,
        flow_version=None if who.version is None else who.version.number,
        node_id=who.node_id,
        execution_id=who.execution.id,
        kernel_uid=who.execution.kernel_uid,
        code_sha256=hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest(),
        lock_digest=who.kernel.lock_digest,
    )


def finalize(services: Services, pool: ThreadPoolExecutor, uid: str, asked: FinalizeGlobal) -> dict[str, Any]:
    """Make what was prepared the latest version of its name; the same again changes nothing.

    Raises:
        Refused: it was not prepared by this execution; its object is missing, or other than said.
    """
    new = catalog.NewVersion(
        description=checks.text(asked.description, "a description"),
        tags=checks.tags(asked.tags),
        type_name=checks.word(asked.type_name, "a type's name"),
        module=checks.word(asked.module, "a module's name"),
        format=checks.form(asked.format),
        meta=checks.meta(asked.meta),
        preview=checks.preview(asked.preview),
        inputs=checks.inputs(asked.inputs),
        object_key=checks.stored_object(uid, asked.object).key,
        size=asked.object.size,
        sha256=asked.object.sha256,
    )
    with services.ledger.read() as s:
        row = _prepared(s, uid, asked)
    if row.version is None:
        checks.compare_with_store(services.store, pool, [asked.object])
    with services.ledger.write() as s:
        _prepared(s, uid, asked)
        row = catalog.finalize(s, asked.ticket, new, time.time())
    return {"id": row.id, "version": row.version}


def _prepared(s: Session, uid: str, asked: FinalizeGlobal) -> CatalogVersion:
    who = asker(s, uid, asked.execution_id)
    row = catalog.get(s, asked.ticket)
    if row is None or row.execution_id != who.execution.id:
        raise Refused(
            "RuntimeError", "this global artifact was not prepared by this execution, or too long ago"
        )
    return row


def find(services: Services, uid: str, asked: FindGlobal) -> dict[str, Any]:
    """A version with its URL; noted as read.

    Raises:
        NotFound: no such name (then the nearest are named), or no such version.
    """
    namespace, name = checks.artifact_name(asked.namespace), checks.artifact_name(asked.name)
    with services.ledger.read() as s:
        who = asker(s, uid, asked.execution_id)
        owner = who.place.owner_id
        try:
            row = catalog.find(s, owner, namespace, name, asked.version)
        except NotFound as error:
            raise NotFound(error.message + _nearest(s, owner, namespace, name)) from None
        entry = _entry(row, users.name_of(s, owner))
        # A run's reads are its flow's: lineage knows flows and nodes, and the execution says the run.
        reader = (artifacts.flow_key(who.execution.flow_id, uid), who.node_id, who.execution.id)
        is_noted = catalog.is_noted(s, row.id, *reader)
    if not is_noted:
        with services.ledger.write() as s:
            if catalog.get(s, row.id) is not None:
                catalog.note_read(s, row.id, *reader, time.time())
    return {"entry": entry, **signed(services, str(row.object_key), gateway_of(who.kernel))}


def _nearest(s: Session, owner_id: int, namespace: str, name: str) -> str:
    there = catalog.names(s, owner_id, namespace, MOST_NAMES)
    if name in there:
        return ""
    near = difflib.get_close_matches(name, there, 5, 0.5) or there[:5]
    if near:
        return f"; there are, among others: {', '.join(repr(one) for one in near)}"
    spaces = catalog.namespaces(s, owner_id)[:5]
    return (
        f"; namespaces that hold some: {', '.join(map(repr, spaces))}" if spaces else "; the catalog is empty"
    )


def page(services: Services, uid: str, asked: PageGlobal) -> dict[str, Any]:
    """Versions with all of these tags, the newest id first, and below which id there is more."""
    search = catalog.Search(
        tags=checks.tags(asked.tags),
        namespace=None if asked.namespace is None else checks.artifact_name(asked.namespace),
        name=None if asked.name is None else checks.artifact_name(asked.name),
    )
    with services.ledger.read() as s:
        owner = asker(s, uid, asked.execution_id).place.owner_id
        rows, following = catalog.entries(s, owner, search, asked.after, MOST_IN_A_PAGE)
        owner_name = users.name_of(s, owner)
    return {"entries": [_entry(row, owner_name) for row in rows], "next": following}


def remove(services: Services, uid: str, asked: RemoveGlobal) -> dict[str, Any]:
    """Delete a version, or all of a name. Raises ``NotFound``."""
    namespace, name = checks.artifact_name(asked.namespace), checks.artifact_name(asked.name)
    with services.ledger.write() as s:
        owner = asker(s, uid, asked.execution_id).place.owner_id
        deleted = catalog.delete(s, owner, namespace, name, asked.version, time.time())
    return {"deleted": deleted}


def _entry(row: CatalogVersion, owner: str) -> CatalogEntry:
    return CatalogEntry(
        id=row.id,
        name=row.name,
        namespace=row.namespace,
        version=row.version or 0,
        python_type=row.type_name,
        module=row.module,
        format=row.format,
        meta=row.meta,
        size=row.size,
        sha256=row.sha256,
        created_at=row.created_at,
        tags=row.tags,
        description=row.description,
        owner=owner,
        flow_id=row.flow_id,
        node_id=row.node_id,
    )
