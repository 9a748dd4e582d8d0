"""Artifacts of a running execution: checked, compared with the store, and seen by nobody yet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from broker_config.wire.errors import BadMessage
from broker_config.wire.flows import MOST_STAGED, NewArtifact, StageArtifacts
from tasks.flow_desk import checks
from tasks.flow_desk.asking import Asker, asker
from tasks.flow_desk.checks import MOST_NAMES
from tasks.flow_desk.refusals import Refused
from tasks.ledger import artifacts
from tasks.services import Services


def stage(services: Services, pool: ThreadPoolExecutor, uid: str, asked: StageArtifacts) -> None:
    """Stage these; the same again changes nothing, and needs no look at the store.

    Raises:
        BadField: a name. BadMessage: what a kernel of ours does not say. Refused: an object is missing, or
        other than said.
    """
    if len(asked.artifacts) > MOST_STAGED:
        raise BadMessage(f"at most {MOST_STAGED} artifacts are staged at a time")
    with services.ledger.read() as s:
        who = asker(s, uid, asked.execution_id)
        rows = [_checked(uid, who, one) for one in asked.artifacts]
        known = artifacts.staged_keys(s, who.execution.id, [row.name for row in rows])
    if len({row.name for row in rows}) != len(rows):
        raise BadMessage("an artifact is staged twice at a time")
    fresh = [one.object for one in asked.artifacts if known.get(_name(one)) != one.object.key]
    if fresh:
        checks.compare_with_store(services.store, pool, fresh)
        _write(services, uid, asked.execution_id, rows)


def _write(services: Services, uid: str, execution_id: str, rows: Sequence[artifacts.NewArtifact]) -> None:
    with services.ledger.write() as s:
        asker(s, uid, execution_id)
        artifacts.stage(s, rows, time.time())
        if artifacts.staged_count(s, execution_id) > MOST_NAMES:
            raise Refused("RuntimeError", f"an execution publishes at most {MOST_NAMES} artifacts")


def _name(one: NewArtifact) -> str:
    return checks.artifact_name(one.name)


def _checked(uid: str, who: Asker, one: NewArtifact) -> artifacts.NewArtifact:
    stored, now = checks.stored_object(uid, one.object), time.time()
    return artifacts.NewArtifact(
        owner_id=who.place.owner_id,
        flow_key=who.place.flow_key,
        scope=who.scope,
        name=_name(one),
        node_id=who.node_id,
        kernel_uid=uid,
        execution_id=who.execution.id,
        object_key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        type_name=checks.word(one.type_name, "a type's name"),
        module=checks.word(one.module, "a module's name"),
        format=checks.form(one.format),
        meta=checks.meta(one.meta),
        preview=checks.preview(one.preview),
        created_at=one.created_at if 0 < one.created_at <= now else now,
    )
