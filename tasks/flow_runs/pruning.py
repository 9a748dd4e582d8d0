"""Runs that were kept long enough are removed, with their executions, outputs, artifacts and objects."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tasks.ledger import artifacts, outputs, runs
from tasks.ledger.runs import Kept, showing
from tasks.services import Services
from tasks.waking import wake_run_pages

DAY_S = 86_400.0
AT_ONCE = 20
"""Runs removed in one transaction: others wait for its end."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be: ``objects`` that nothing else names, and their ``bytes``."""

    runs: list[str]
    executions: int
    objects: int
    bytes: int
    dry_run: bool


def prune_runs(
    services: Services,
    older_than_s: float,
    keep_per_flow: int,
    dry_run: bool,
    owner_id: int | None = None,
) -> Pruned:
    """Remove runs that ended longer ago than that, but for the newest of each flow.

    Args:
        older_than_s: seconds since their end.
        keep_per_flow: so many of each flow's ended runs stay, however old.
        dry_run: only tell what would go.
        owner_id: of this owner alone; None: of all.

    Raises:
        Unavailable: the database is away; what was removed before is gone.
    """
    now = time.time()
    kept = Kept(now - older_than_s, keep_per_flow, owner_id)
    with services.ledger.read() as s:
        ids = runs.prunable(s, kept)
        told = runs.weight(s, ids)
    if not dry_run:
        for start in range(0, len(ids), AT_ONCE):
            _remove(services, ids[start : start + AT_ONCE], now)
    return Pruned(ids, told.executions, told.objects, told.bytes, dry_run)


def prune_by_settings(services: Services) -> None:
    """What the settings say. Raises as ``prune_runs``."""
    settings = services.settings
    if settings.runs_kept_days:
        prune_runs(services, settings.runs_kept_days * DAY_S, settings.runs_kept_per_flow, dry_run=False)


def _remove(services: Services, ids: list[str], now: float) -> None:
    with services.ledger.write() as s:
        owners = {run_id: row.owner_id for run_id, row in showing.many(s, ids).items()}
        for run_id in ids:
            outputs.delete_run(s, run_id, now)
            artifacts.delete_run(s, run_id, now)
        runs.remove(s, ids)
    for run_id, owner_id in owners.items():
        wake_run_pages(services.redis, run_id, owner_id)
