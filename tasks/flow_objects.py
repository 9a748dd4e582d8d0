"""Outputs of flows and versions of the catalog move to where no kernel can write."""

from __future__ import annotations

import time
from functools import partial

from tasks.ledger import catalog, outputs, places
from tasks.ledger.models import CatalogVersion, FlowOutput
from tasks.objects import keys
from tasks.promotion import Moving, promote
from tasks.services import Services


def promote_outputs(services: Services, limit: int = 20) -> None:
    """Copy outputs to their flow's prefix. Raises ``Unavailable``."""
    with services.ledger.read() as session:
        rows = outputs.unpromoted(session, limit)
    promote(services, map(_output, rows))


def promote_catalog(services: Services, limit: int = 20) -> None:
    """Copy global artifacts to their owner's prefix. Raises ``Unavailable``."""
    with services.ledger.read() as session:
        rows = catalog.unpromoted(session, limit)
    promote(services, map(_version, rows))


def _output(row: FlowOutput) -> Moving:
    source = row.object_key
    run_id = places.run_of(row.flow_key)
    prefix = keys.flow_prefix(row.flow_key) if run_id is None else keys.run_prefix(run_id)
    target = prefix + keys.of_upload(source)
    return Moving(
        what=f"output {row.name!r} of node {row.node_id} in {row.flow_key}",
        source=source,
        target=target,
        size=row.size,
        sha256=row.sha256,
        moved=lambda session: outputs.promote(session, source, target, time.time()),
        damaged=partial(outputs.mark_damaged, key=source),
    )


def _version(row: CatalogVersion) -> Moving:
    source = str(row.object_key)
    target = keys.catalog_prefix(row.owner_id) + keys.of_upload(source)
    return Moving(
        what=f"global artifact {row.namespace}::{row.name}@{row.version} of owner {row.owner_id}",
        source=source,
        target=target,
        size=row.size,
        sha256=row.sha256,
        moved=lambda session: catalog.promote_object(session, source, target, time.time()),
        damaged=partial(catalog.mark_damaged, key=source),
    )
