"""Two runs beside each other."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flask import Response

from tasks.flow_runs import run_key
from tasks.flow_runs.versions import VERSIONS, Version
from tasks.ledger import artifacts, outputs
from tasks.ledger.models import Run
from tasks.ledger.session import Session
from web.answers import json_answer
from web.api import run_view
from web.api.documents import answers, resource
from web.api.paths import RunPairPath
from web.api.run_differences import Side, compare
from web.api.runs import find
from web.api.shapes.comparisons import ComparisonShape
from web.context import services, web
from web.validation.checked import checked

OUTPUT = ("rows", "size", "columns", "sha256")
ARTIFACT = ("type_name", "size", "sha256")

api = resource("run_comparisons", "Two runs beside each other")


@api.get("/runs/<run_id>/compare/<other_id>", responses=answers(200, ComparisonShape))
@checked
def both(path: RunPairPath) -> Response:
    """What differs: code, settings, parameters, versions, times, rows, outputs and artifacts by content."""
    with services().ledger.read() as session:
        runs = [find(session, run_id) for run_id in (path.run_id, path.other_id)]
        left, right = (_side(session, run) for run in runs)
        summaries = run_view.summaries(session, web().owners, runs)
    return json_answer({"left": summaries[0], "right": summaries[1], **compare(left, right)})


def _side(session: Session, run: Run) -> Side:
    version = VERSIONS.get(session, run.flow_id, run.flow_version)
    shape = run_view.whole(session, web().owners, run, admin=False)
    done = {row["node_id"] for row in shape["nodes"] if row["state"] in run_view.HAS_RESULTS}
    made: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in outputs.of_flow(session, run.owner_id, run_key(run.id)):
        if row.node_id in done:
            made[row.node_id][row.name] = {name: getattr(row, name) for name in OUTPUT}
    published: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for one in artifacts.of_run(session, run.owner_id, run.id):
        if one.node_id in done:
            published[one.node_id][one.name] = {name: getattr(one, name) for name in ARTIFACT}
    ran = run.started_at is not None and run.finished_at is not None
    return Side(
        run=shape,
        took_s=max(0.0, run.finished_at - run.started_at) if ran else None,  # type: ignore[operator]
        nodes=version.nodes,
        inputs={node_id: _reads(version, node_id) for node_id in version.nodes},
        outputs=made,
        artifacts=published,
    )


def _reads(version: Version, node_id: str) -> dict[str, str]:
    """Inputs by name; several tables of one name stand in their order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in version.inputs(node_id):
        found[one.name].append(f"{one.node_id}.{one.output}")
    return {name: ", ".join(tables) for name, tables in found.items()}
