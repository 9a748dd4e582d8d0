"""An execution is about to end: what it staged and put out becomes visible, all or nothing, once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from broker_config.wire.errors import BadMessage
from broker_config.wire.flows import Finalize, Finalized
from tasks.flow_desk import checks
from tasks.flow_desk.asking import Asker, asker
from tasks.flow_desk.checks import MOST_NAMES
from tasks.flow_desk.outputs import output_rows, write_outputs
from tasks.flow_desk.refusals import Refused
from tasks.ledger import artifacts, finalized
from tasks.ledger.doomed import doom
from tasks.ledger.holding import hold
from tasks.ledger.session import Session
from tasks.services import Services

MOST_OF_A_FLOW = 20_000
MOST_OUTPUTS = 1_000


def finalize(services: Services, pool: ThreadPoolExecutor, uid: str, asked: Finalize) -> Finalized:
    """Make it visible; the same again changes nothing.

    Raises:
        Refused: ``ValueError`` where a name is another node's by now or a declared output is missing; an
        object of an output is missing or other than said. Nothing changed then.
    """
    _bounded(asked)
    published = [checks.artifact_name(name) for name in asked.published]
    deleted = [checks.artifact_name(name) for name in asked.deleted]
    objects = [checks.stored_object(uid, one.object) for one in asked.outputs]
    with services.ledger.read() as s:
        who = asker(s, uid, asked.execution_id)
    if who.finalized is not None:
        return Finalized(bool(who.finalized["passed_through"]))
    outputs = output_rows(who, asked.outputs)
    if objects and asked.succeeded:
        checks.compare_with_store(services.store, pool, objects)
    with services.ledger.write() as s:
        hold(s, who.place.owner_id)
        now, who = time.time(), asker(s, uid, asked.execution_id)
        if who.finalized is not None:
            return Finalized(bool(who.finalized["passed_through"]))
        if asked.succeeded or who.execution.interactive:
            _publish(s, who, published, deleted, now)
        else:
            artifacts.drop_staged_of(s, asked.execution_id, now)
        passed_through = False
        if asked.succeeded:
            passed_through = write_outputs(s, who, outputs, now)
        else:
            doom(s, [one.key for one in objects], now)
        finalized.note(s, asked.execution_id, {"passed_through": passed_through}, now)
    return Finalized(passed_through)


def _bounded(asked: Finalize) -> None:
    most = max(len(asked.published), len(asked.deleted))
    if most > MOST_NAMES or len(asked.outputs) > MOST_OUTPUTS:
        raise BadMessage(f"an execution publishes at most {MOST_NAMES} artifacts and {MOST_OUTPUTS} outputs")


def _publish(s: Session, who: Asker, published: Sequence[str], deleted: Sequence[str], now: float) -> None:
    place, execution_id = who.place, who.execution.id
    if who.execution.run_id is not None and not (published or deleted):
        # What it does not publish again goes when its run sees that it has succeeded.
        artifacts.drop_staged_of(s, execution_id, now)
        return
    staged = artifacts.staged_keys(s, execution_id) if published else {}
    missing = sorted(set(published) - staged.keys())
    if missing:
        raise Refused("RuntimeError", f"the artifact {missing[0]!r} was not staged before it was published")
    theirs = artifacts.foreign(s, place, who.scope, who.node_id, published, deleted)
    if theirs:
        raise Refused("ValueError", _belongs(who, theirs[0].name, theirs[0].node_id))
    if who.scope == artifacts.CELLS:
        artifacts.publish_cells(s, place, execution_id, published, deleted, now)
    else:
        artifacts.publish_run(s, place, who.node_id, execution_id, published, deleted, now)
    if published and artifacts.count(s, place) > MOST_OF_A_FLOW:
        raise Refused("ValueError", f"a flow has at most {MOST_OF_A_FLOW} artifacts: delete some first")


def _belongs(who: Asker, name: str, node_id: str) -> str:
    owner = f"the node {who.name_of(node_id)!r}" if node_id else "cells without a node"
    return f"the artifact {name!r} belongs to {owner}: delete it first, or choose another name"
