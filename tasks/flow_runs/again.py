"""A run again: from where it failed, or all of it exactly as it was. Each is a new run."""

from __future__ import annotations

from dataclasses import replace

from broker_config.wire.errors import Conflict
from broker_config.wire.states import RUN_TERMINAL, RunState
from tasks.flow_runs.making import RunRequest, make_run
from tasks.flow_runs.options import RunOptions
from tasks.ledger.models import Run
from tasks.ledger.session import Session


def resume_run(s: Session, run: Run, now: float, created_by: int | None = None) -> Run:
    """A new run of the same version that takes over what succeeded in ``run``, and does the rest.

    Raises:
        Conflict: ``run`` is still open, or it succeeded. Else as ``make_run``.
    """
    if RunState(run.state) not in RUN_TERMINAL:
        raise Conflict(f"this run is still {run.state}: cancel it, or wait for its end")
    if run.state == RunState.SUCCEEDED:
        raise Conflict("this run succeeded: there is nothing to resume; run it again instead")
    return make_run(s, replace(_same(run, created_by), trigger="resume", resumed_from=run.id), now)


def rerun(s: Session, run: Run, now: float, created_by: int | None = None) -> Run:
    """A new run with the same version, parameters and options; no node is taken from an earlier run.

    Raises as ``make_run``.
    """
    same = _same(run, created_by)
    return make_run(s, replace(same, trigger="rerun", options=replace(same.options, cache=False)), now)


def _same(run: Run, created_by: int | None) -> RunRequest:
    return RunRequest(
        flow_id=run.flow_id,
        owner_id=run.owner_id,
        parameters=run.parameters,
        options=RunOptions.read(run.options),
        created_by=created_by,
        version=run.flow_version,
    )
