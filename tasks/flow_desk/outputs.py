"""Outputs of what succeeded: a run's replace all of its node's, a cell's those of their names."""

from __future__ import annotations

from collections.abc import Sequence

from broker_config.wire.errors import BadMessage
from broker_config.wire.flows import NewOutput
from tasks import flow_documents
from tasks.flow_desk import checks
from tasks.flow_desk.asking import Asker
from tasks.flow_desk.output_previews import kept
from tasks.flow_desk.refusals import Refused
from tasks.ledger import outputs
from tasks.ledger.outputs import NewFlowOutput
from tasks.ledger.session import Session

MAIN = "main"


def output_rows(who: Asker, given: Sequence[NewOutput]) -> list[NewFlowOutput]:
    """Outputs as they are written; their objects are checked elsewhere.

    Raises:
        BadField: a name. BadMessage: a name twice, or too many columns.
    """
    rows = [
        NewFlowOutput(
            owner_id=who.place.owner_id,
            flow_key=who.place.flow_key,
            node_id=who.node_id,
            name=checks.artifact_name(one.name),
            kernel_uid=who.execution.kernel_uid,
            execution_id=who.execution.id,
            object_key=one.object.key,
            size=one.object.size,
            sha256=one.object.sha256,
            rows=checks.rows(one.rows),
            columns=checks.columns(one.columns),
            preview=kept(one.preview),
        )
        for one in given
    ]
    if len({row.name for row in rows}) != len(rows):
        raise BadMessage("an output is there twice")
    return rows


def write_outputs(s: Session, who: Asker, rows: Sequence[NewFlowOutput], now: float) -> bool:
    """Write them; whether the node's first input was passed through, since a run put out nothing.

    Raises:
        Refused: ``ValueError`` where a declared output is missing, or the flow is not saved (any more).
    """
    if who.version is None:
        if rows:
            raise Refused("ValueError", "this flow is not saved (any more): its outputs were not written")
        return False
    if who.execution.interactive:
        outputs.write(s, rows, now)
        return False
    _complete(who, rows)
    passed = [] if rows else _passed_through(s, who)
    outputs.replace(s, who.place.owner_id, who.place.flow_key, who.node_id, rows or passed, now)
    return bool(passed)


def _complete(who: Asker, rows: Sequence[NewFlowOutput]) -> None:
    node = who.node
    declared = [] if node is None else flow_documents.declared_by(node)
    found = [row.name for row in rows]
    if not set(declared) <= set(found):
        raise Refused(
            "ValueError",
            f"this node has to publish {_list(declared)}; it published {_list(found) or 'nothing'}",
        )


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _passed_through(s: Session, who: Asker) -> list[NewFlowOutput]:
    """The object of the node's first input, as its output ``main``."""
    if not who.inputs:
        return []
    first, place = who.inputs[0], who.place
    row = outputs.with_preview(s, place.owner_id, place.flow_key, first.node_id, first.output)
    if row is None:
        return []
    return [
        NewFlowOutput(
            owner_id=place.owner_id,
            flow_key=place.flow_key,
            node_id=who.node_id,
            name=MAIN,
            kernel_uid=row.kernel_uid,
            execution_id=who.execution.id,
            object_key=row.object_key,
            size=row.size,
            sha256=row.sha256,
            rows=row.rows,
            columns=row.columns,
            preview=row.preview,
            passed_through=True,
            promoted=row.promoted,
            damaged=row.damaged,
        )
    ]
