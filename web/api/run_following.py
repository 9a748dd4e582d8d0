"""What streams tell about runs: their users' own, an admin's all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from broker_config.wire.errors import NotFound
from tasks.flow_runs.versions import VERSIONS
from tasks.ledger.models import Run, User
from tasks.ledger.runs import showing
from tasks.ledger.runs.showing import Glimpse
from web.answers import dumps
from web.api import run_view
from web.context import Web
from web.live.entries import runs_in
from web.live.looks import Batch

GLANCE = "runs"


class Glance:
    """Some runs at one moment, read once for all streams. Not for several threads."""

    def __init__(self, web: Web, run_ids: frozenset[str]) -> None:
        self.asked = run_ids
        self._web = web
        with web.services.ledger.read() as s:
            self.rows = showing.many(s, run_ids)
            rows = list(self.rows.values())
            shown = run_view.summaries(s, web.owners, rows)
        self.texts = {row.id: _run(row.id, one) for row, one in zip(rows, shown, strict=True)}
        self._glimpses: dict[str, list[Glimpse]] = {}
        self._nodes: dict[tuple[str, bool], dict[str, str]] = {}

    def glimpses(self, run_id: str) -> list[Glimpse]:
        """The latest attempts at its nodes."""
        if run_id not in self._glimpses:
            with self._web.services.ledger.read() as s:
                self._glimpses[run_id] = showing.glimpses(s, run_id)
        return self._glimpses[run_id]

    def nodes(self, run: Run, wanted: Sequence[str], admin: bool) -> list[str]:
        """These nodes as events."""
        made = self._nodes.setdefault((run.id, admin), {})
        missing = [node for node in wanted if node not in made]
        if missing:
            with self._web.services.ledger.read() as s:
                version = VERSIONS.get(s, run.flow_id, run.flow_version)
                rows = showing.rows_of(s, run.id, missing)
                for shape in run_view.nodes(s, run, version, missing, rows, admin):
                    made[shape["node_id"]] = _node(run.id, shape)
        return [made[node] for node in wanted if node in made]


class RunView:
    """Follows runs. ``runs``: their nodes, too; what was told of one already is not told again."""

    def __init__(self, web: Web, user: User, runs: Collection[str]) -> None:
        self._web = web
        self._user = user
        self._nodes: dict[str, dict[str, Glimpse]] = {run_id: {} for run_id in runs}
        self._texts: dict[str, str] = {}
        self._owners: dict[str, int] = {}

    def check(self, user: User) -> None:
        """Note who the user is now.

        Raises:
            NotFound: a run of the stream is not theirs to see any more.
        """
        self._user = user
        if not all(map(self._may_see, self._owners.values())):
            raise NotFound("there is no such run")

    def describe(self, batch: Batch, run_ids: Collection[str]) -> list[str]:
        """Changed runs as events: nodes that changed, then the run; null in place of one that is gone."""
        found: list[str] = []
        if not run_ids:
            return found
        glance = _glance(self._web, batch, run_ids)
        for run_id in sorted(run_ids):
            run = glance.rows.get(run_id)
            if run is None:
                found.append(_run(run_id, None))
            elif self._may_see(run.owner_id):
                found += self._changes(glance, run)
        return found

    def _changes(self, glance: Glance, run: Run) -> list[str]:
        text, told = glance.texts[run.id], self._nodes.get(run.id)
        if told is None:
            return [text]
        self._owners[run.id] = run.owner_id
        now = {one.node_id: one for one in glance.glimpses(run.id)}
        news = [node_id for node_id, one in now.items() if told.get(node_id) != one]
        told |= now
        again = self._texts.get(run.id) == text
        self._texts[run.id] = text
        return glance.nodes(run, news, self._user.role == "admin") + ([] if again else [text])

    def _may_see(self, owner_id: int) -> bool:
        return self._user.role == "admin" or owner_id == self._user.id


def _glance(web: Web, batch: Batch, run_ids: Collection[str]) -> Glance:
    found = batch.kept.get(GLANCE)
    if not isinstance(found, Glance) or not found.asked.issuperset(run_ids):
        found = batch.kept[GLANCE] = Glance(web, runs_in(batch.uids) | frozenset(run_ids))
    return found


def _run(run_id: str, shown: Mapping[str, Any] | None) -> str:
    return dumps({"type": "run", "run_id": run_id, "run": shown})


def _node(run_id: str, shown: Mapping[str, Any]) -> str:
    return dumps({"type": "node", "run_id": run_id, "node": shown})
