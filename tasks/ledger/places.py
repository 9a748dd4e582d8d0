"""Where outputs and artifacts are: by ``flow_key``, a flow's id, or a run of one with a place of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tasks.ledger.batches import quietly
from tasks.ledger.models import Artifact, FlowOutput, Run
from tasks.ledger.upsert import insert_into

RUN_PREFIX = "run:"
"""No flow's id holds a colon."""


def run_key(run_id: str) -> str:
    """The ``flow_key`` of a run's own outputs and artifacts."""
    return f"{RUN_PREFIX}{run_id}"


def run_of(flow_key: str) -> str | None:
    """The run whose place that is; None: it is no run's."""
    return flow_key.removeprefix(RUN_PREFIX) if flow_key.startswith(RUN_PREFIX) else None


def of_runs(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The term of a query for rows in places of runs."""
    return column.startswith(RUN_PREFIX, autoescape=True)


def places_of(column: InstrumentedAttribute[str], flow_id: str) -> ColumnElement[bool]:
    """The term of a query for rows of a flow or of any of its runs."""
    runs = select(literal(RUN_PREFIX) + Run.id).where(Run.flow_id == flow_id)
    return column.in_(runs.union_all(select(literal(flow_id))))


def owner_of_run(s: Session, run_id: str) -> int | None:
    """Whose run it is; None: there is none of that id."""
    return s.scalar(select(Run.owner_id).where(Run.id == run_id))


def copy_rows(
    s: Session, table: type[Artifact | FlowOutput], *where: ColumnElement[bool], **changes: Any
) -> None:
    """Copy rows with these columns changed, ids new. What is there under the same name stays.

    Both rows name one object: it is removed when no row does.
    """
    columns = [column for column in table.__table__.columns if column.name != "id"]
    values = [literal(changes[c.name], c.type) if c.name in changes else c for c in columns]
    found = select(*values).where(*where)
    new = insert_into(s, table).from_select([c.name for c in columns], found)
    s.execute(quietly(new.on_conflict_do_nothing()))
