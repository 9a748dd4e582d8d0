"""Nodes that are not run again: what an earlier run made of them is still there."""

from __future__ import annotations

from collections.abc import Collection

from broker_config.wire.states import NodeRunState
from tasks.flow_runs.looked import Look
from tasks.ledger import runs
from tasks.ledger.runs import Earlier, NewAttempt, Sum, Table, Told
from tasks.ledger.session import Session
from tasks.planning import NodeState

CACHED = "nothing that it depends on has changed since the run {}"
TAKEN_OVER = "taken over from the run {}, where it succeeded"


def cached(s: Session, look: Look, node_id: str, key: str) -> bool:
    """Take a node's result from an earlier run under the same key; False: there is none that is whole."""
    forced = look.version.nodes[node_id]["settings"].get("cache") is True
    for one in runs.by_key(s, look.run.owner_id, key):
        told = runs.told_by(s, [one.execution_id] if one.execution_id else []).get(str(one.execution_id))
        if told is None or (not forced and _did_more(s, told, str(one.execution_id))):
            continue
        tables = runs.tables_of(s, look.run.owner_id, one.run_id, [node_id])
        sums = runs.sums_of(s, look.run.owner_id, one.run_id, [node_id])
        if _is_whole(told, tables, sums):
            _adopt(look, one, key, CACHED, tables, sums)
            return True
    return False


def take_over(s: Session, look: Look) -> None:
    """Of the run that this one resumes, what succeeded and is whole, as far as all before it is so too."""
    source, owner_id = str(look.run.resumed_from), look.run.owner_id
    done = runs.done_in(s, source)
    told = runs.told_by(s, {one.execution_id for one in done.values() if one.execution_id})
    tables: dict[str, list[Table]] = {}
    for table in runs.tables_of(s, owner_id, source, done):
        tables.setdefault(table.node_id, []).append(table)
    sums: dict[str, list[Sum]] = {}
    for one_sum in runs.sums_of(s, owner_id, source, done):
        sums.setdefault(one_sum.node_id, []).append(one_sum)
    graph = look.version.graph
    for n, node_id in enumerate(graph.ids):
        one = done.get(node_id)
        if one is None or any(graph.ids[above] not in look.states for above in graph.sources[n]):
            continue
        said = told.get(str(one.execution_id), Told(frozenset(), frozenset(), frozenset()))
        mine, made = tables.get(node_id, []), sums.get(node_id, [])
        if _is_whole(said, mine, made):
            _adopt(look, one, None, TAKEN_OVER, mine, made)


def _did_more(s: Session, told: Told, execution_id: str) -> bool:
    """Whether running it did something that taking its result would not."""
    return bool(told.deleted) or runs.has_side_effects(s, execution_id)


def _is_whole(told: Told, tables: Collection[Table], sums: Collection[Sum]) -> bool:
    # A table that was only passed on is not told of.
    if any(one.damaged for one in tables) or any(one.damaged for one in sums):
        return False
    return told.outputs <= {one.name for one in tables} and told.published <= {one.name for one in sums}


def _adopt(
    look: Look,
    one: Earlier,
    key: str | None,
    words: str,
    tables: Collection[Table],
    sums: Collection[Sum],
) -> None:
    node_id, now = one.node_id, look.now
    look.tables[node_id] = {table.name: table for table in tables}
    if look.sums is not None:
        look.sums[node_id] = list(sums)
    look.states[node_id] = NodeState(NodeRunState.CACHED, finished_at=now)
    look.copies.append((one.run_id, node_id))
    look.new.append(
        NewAttempt(
            run_id=look.run.id,
            node_id=node_id,
            attempt=1,
            state=NodeRunState.CACHED.value,
            created_at=now,
            kernel_uid=look.run.kernels.get(node_id),
            execution_id=one.execution_id,
            lock_digest=one.lock_digest,
            cache_key=key,
            cached_from=one.cached_from or one.id,
            finished_at=now,
            rows_in=one.rows_in,
            rows_out=one.rows_out,
            reason=words.format(one.run_id),
        )
    )
