"""Artifacts of a run: in a place of its own from its begin on, the flow's when it has succeeded."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, defer

from tasks.ledger import news
from tasks.ledger.artifacts.reading import CELLS, RUN, Place, at
from tasks.ledger.batches import quietly
from tasks.ledger.doomed import doom
from tasks.ledger.holding import hold
from tasks.ledger.models import Artifact, Flow
from tasks.ledger.places import copy_rows, owner_of_run, run_key


def place_of_run(owner_id: int, run_id: str) -> Place:
    """Where a run's own artifacts are."""
    return Place(owner_id, run_key(run_id))


def begin_run(s: Session, owner_id: int, flow_id: str, run_id: str) -> None:
    """A run begins with the artifacts of the flow's latest successful run. Again: nothing is changed.

    Rows are copied, objects are not.
    """
    here = (*at(Place(owner_id, flow_id)), Artifact.scope == RUN)
    copy_rows(s, Artifact, *here, flow_key=run_key(run_id))


def finish_run(s: Session, owner_id: int, flow_id: str, run_id: str, now: float) -> None:
    """A run has succeeded: what it ends with is what the flow's next runs begin with, and cells see.

    Of cells' own, what has the name of something that is new gives way to it. The run's place stays as it
    is. Rows that do not change keep their ids. Nothing is done for a deleted flow.
    """
    hold(s, owner_id)
    flow = s.get(Flow, flow_id)
    if flow is None or flow.deleted_at is not None:
        return
    flow_place, run_place = Place(owner_id, flow_id), place_of_run(owner_id, run_id)
    in_flow, in_run = _stands(flow_place), _stands(run_place)
    runs, cells = ((*at(flow_place), Artifact.scope == scope) for scope in (RUN, CELLS))
    _remove(s, now, *runs, ~_stands(run_place, same_object=True))
    _remove(s, now, *cells, in_run & ~in_flow)  # what is new
    _remove(s, now, *cells, Artifact.gone.is_(True), ~in_run)  # what hides nothing any more
    copy_rows(s, Artifact, *at(run_place), ~in_flow, flow_key=flow_id)
    news.note(s, owner_id, "artifacts")


def _stands(place: Place, same_object: bool = False, node_id: str | None = None) -> ColumnElement[bool]:
    """Whether an artifact of runs stands there under the row's name: with its object, of that node."""
    other = aliased(Artifact)
    query = select(other.id).where(
        other.owner_id == place.owner_id,
        other.flow_key == place.flow_key,
        ~other.staged,
        other.scope == RUN,
        other.name == Artifact.name,
    )
    if same_object:
        query = query.where(other.object_key == Artifact.object_key)
    if node_id is not None:
        query = query.where(other.node_id == node_id)
    return query.exists()


def of_run(s: Session, owner_id: int, run_id: str, node_id: str | None = None) -> list[Artifact]:
    """What a run has, by name; of one node, or with what it began with. ``preview`` is not loaded."""
    query = select(Artifact).where(*at(place_of_run(owner_id, run_id)))
    if node_id is not None:
        query = query.where(Artifact.node_id == node_id)
    return list(s.scalars(query.options(defer(Artifact.preview, raiseload=True)).order_by(Artifact.name)))


def copy_node(
    s: Session,
    owner_id: int,
    from_run: str,
    to_run: str,
    node_id: str,
    now: float,
    execution_id: str | None = None,
) -> None:
    """A node is not run, since another run's stands for it: so do the artifacts that it had published.

    Args:
        execution_id: whose they are from now on; None: still those of the execution that published them.
    """
    hold(s, owner_id)
    source, target = place_of_run(owner_id, from_run), place_of_run(owner_id, to_run)
    _remove(s, now, *at(target), (Artifact.node_id == node_id) | _stands(source, node_id=node_id))
    changes = {"flow_key": target.flow_key} | ({} if execution_id is None else {"execution_id": execution_id})
    copy_rows(s, Artifact, *at(source), Artifact.node_id == node_id, **changes)


def forget_earlier(
    s: Session, owner_id: int, run_id: str, node_id: str, execution_id: str, now: float
) -> None:
    """A node of a run has succeeded: what it had published earlier, and now did not, is gone."""
    mine = (Artifact.node_id == node_id, Artifact.execution_id != execution_id)
    _remove(s, now, *at(place_of_run(owner_id, run_id)), *mine)


def delete_run(s: Session, run_id: str, now: float) -> None:
    """Forget all artifacts of a run, staged ones too. Objects that another place names stay."""
    here = [Artifact.flow_key == run_key(run_id)]
    owner_id = owner_of_run(s, run_id)
    if owner_id is not None:
        here.append(Artifact.owner_id == owner_id)
    for one in (~Artifact.staged, Artifact.staged):  # each has its index
        _remove(s, now, *here, one)


def _remove(s: Session, now: float, *where: ColumnElement[bool] | InstrumentedAttribute[bool]) -> None:
    gone = quietly(delete(Artifact).where(*where).returning(Artifact.object_key))
    doom(s, s.scalars(gone), now)
