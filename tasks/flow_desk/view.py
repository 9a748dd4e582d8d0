"""What an execution may read when it begins to: inputs of its node, artifacts of its flow."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from broker_config.wire.flows import RAN, Artifact, Column, FlowView, Table
from tasks import flow_documents
from tasks.desk_addresses import gateway_of
from tasks.flow_desk.asking import Asker, asker
from tasks.flow_documents import Input
from tasks.ledger import artifacts, kernels, outputs, ran
from tasks.ledger.artifacts import Seen
from tasks.ledger.models import FlowOutput
from tasks.ledger.session import Session
from tasks.services import Services

URL_S = 3600.0
"""So long a presigned URL serves."""
MOST_NAMED = 10


def view_flow(services: Services, uid: str, execution_id: str) -> FlowView:
    """The view of an execution; ``Refused`` as ``asker``."""
    with services.ledger.read() as s:
        who = asker(s, uid, execution_id)
        inputs = who.inputs
        nodes = {one.node_id for one in inputs}
        found = outputs.of_nodes(s, who.place.owner_id, who.place.flow_key, nodes)
        seen = artifacts.seen_in_short(s, who.place, who.scope)
        keeps = kernels.persistent(s, {row.kernel_uid for row in seen})
        have_run = _have_run(s, who, inputs, found)
    tables, not_run = _tables(services, who, inputs, found, have_run)
    node = who.node
    return FlowView(
        saved=who.version is not None,
        in_flow=node is not None,
        inputs=list(dict.fromkeys(one.name for one in inputs)),
        not_run=not_run,
        tables=tables,
        declared=[] if node is None else flow_documents.declared_by(node),
        artifacts=_artifacts(who, seen, keeps),
        parameters=_defaults(who),
    )


def _defaults(who: Asker) -> dict[str, Any]:
    """What a cell has for parameters; a run's nodes have the run's in their message."""
    if who.version is None or who.execution.run_id is not None:
        return {}
    declared = who.version.document["parameters"]
    values = {name: one["default"] for name, one in declared.items() if "default" in one}
    return flow_documents.as_code_gets(declared, values)


def _have_run(s: Session, who: Asker, inputs: Sequence[Input], found: Sequence[FlowOutput]) -> set[str]:
    """Of the nodes whose outputs are not there, those that ran: they published none of that name."""
    there = {(row.node_id, row.name) for row in found}
    missing = {one.node_id for one in inputs if (one.node_id, one.output) not in there}
    if not missing:
        return set()
    if who.execution.run_id is not None:
        return ran.in_run(s, who.execution.run_id, missing)
    return ran.lately(s, who.place.owner_id, who.place.flow_key, missing)


def _tables(
    services: Services,
    who: Asker,
    inputs: Sequence[Input],
    found: Sequence[FlowOutput],
    have_run: Collection[str],
) -> tuple[list[Table], dict[str, str]]:
    here = {(row.node_id, row.name): row for row in found}
    gateway = gateway_of(who.kernel) if found else None
    tables: list[Table] = []
    not_run: dict[str, str] = {}
    for one in inputs:
        row = here.get((one.node_id, one.output))
        if row is None:
            not_run[one.name] = one.node_name + _instead(one, found, have_run)
        elif row.damaged:
            not_run[one.name] = f"{one.node_name}{RAN}{one.output!r}, whose stored bytes are damaged"
        else:
            tables.append(_table(services, one, row, gateway))
    return tables, not_run


def _instead(one: Input, found: Sequence[FlowOutput], have_run: Collection[str]) -> str:
    """What a node has put out that put out nothing under the name that is read; "": it has not run."""
    others = [repr(row.name) for row in found if row.node_id == one.node_id]
    if others:
        return f"{RAN}{', '.join(others[:MOST_NAMED])}, not {one.output!r}"
    return f"{RAN}no output {one.output!r}" if one.node_id in have_run else ""


def _table(services: Services, one: Input, row: FlowOutput, gateway: str | None) -> Table:
    return Table(
        input=one.name,
        node_id=one.node_id,
        output=one.output,
        size=row.size,
        sha256=row.sha256,
        rows=row.rows,
        columns=[Column(column["name"], column["type"]) for column in row.columns],
        url=services.store.presign_get(row.object_key, URL_S, gateway),
        expires_at=time.time() + URL_S,
    )


def _artifacts(who: Asker, seen: Sequence[Seen], keeps: Mapping[str, bool]) -> list[Artifact]:
    near = _near(who) if seen else None
    return [
        Artifact(
            id=row.id,
            name=row.name,
            node_id=row.node_id or None,
            node_name=who.name_of(row.node_id),
            flow_id=who.execution.flow_id,
            kernel_uid=row.kernel_uid,
            type_name=row.type_name,
            module=row.module,
            format=row.format,
            meta=row.meta,
            size=row.size,
            sha256=row.sha256,
            created_at=row.created_at,
            persisted=keeps.get(row.kernel_uid, False),
            upstream=near is None or row.node_id in near,
        )
        for row in seen
    ]


def _near(who: Asker) -> set[str] | None:
    """Nodes whose artifacts are read without a warning; None: all, since this is no node of a flow."""
    return None if who.node is None else who.upstream() | {who.node_id, ""}
