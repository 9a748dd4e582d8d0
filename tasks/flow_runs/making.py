"""Making a run: its parameters and kernels are settled here, and one row says so. Nothing starts yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire import names
from broker_config.wire.errors import BadField, KernelNotRunning, NotFound
from broker_config.wire.states import RunState
from tasks import flow_documents
from tasks.flow_runs.options import RunOptions
from tasks.flow_runs.parameters import values_of
from tasks.flow_runs.versions import VERSIONS, Version
from tasks.ledger import runs
from tasks.ledger.models import Run
from tasks.ledger.session import Session
from tasks.submission import takes_cells

FIRST_LOOK_S = 1.0
"""Whoever made a run wakes it; the tick looks after so long, where that was missed."""
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is to run. ``trigger``: manual, resume, rerun, schedule, file, flow.

    ``version`` None: the newest. ``queued``: it waits until ``release_run``.
    """

    flow_id: str
    owner_id: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)
    trigger: str = "manual"
    created_by: int | None = None
    version: int | None = None
    group_id: str | None = None
    schedule_id: str | None = None
    nominal_at: float | None = None
    schedule_attempt: int = 0
    resumed_from: str | None = None
    queued: bool = False


def make_run(s: Session, request: RunRequest, now: float) -> Run:
    """Insert a run, in the caller's transaction; ``wake_run`` it after the commit.

    Raises:
        NotFound: the owner has no such flow, or it no such version.
        BadField: ``parameters.<name>``, ``options.targets``, ``nodes[3].kernel``, or ``nodes[3].settings.…``
            of what a node lacks.
        KernelNotRunning: a kernel is stopped, and the options start none.
    """
    version = _version(s, request)
    run = Run(
        id=names.new_uid(),
        owner_id=request.owner_id,
        flow_id=request.flow_id,
        flow_version=version.number,
        state=RunState.QUEUED.value,
        revision=0,
        trigger=request.trigger,
        group_id=request.group_id,
        resumed_from=request.resumed_from,
        schedule_id=request.schedule_id,
        nominal_at=request.nominal_at,
        schedule_attempt=request.schedule_attempt,
        parameters=values_of(version.document["parameters"], request.parameters),
        options=_options(version, request.options).plain(),
        kernels=_kernels(s, version, request),
        woken={},
        created_by=request.created_by,
        created_at=now,
        due_at=None if request.queued else now + FIRST_LOOK_S,
    )
    s.add(run)
    s.flush()
    return run


def _version(s: Session, request: RunRequest) -> Version:
    newest = runs.newest_version(s, request.owner_id, request.flow_id)
    if newest is None:
        raise NotFound("there is no such flow")
    return VERSIONS.get(s, request.flow_id, newest if request.version is None else request.version)


def _options(version: Version, options: RunOptions) -> RunOptions:
    unknown = [one for one in options.targets if one not in version.nodes]
    if unknown:
        raise BadField(f"this flow has no node {_shown(unknown)}", "options.targets")
    wanted = sorted(version.graph.needed_for(options.targets)) if options.targets else None
    flow_documents.check_runnable(version.document, wanted)
    return options


def _kernels(s: Session, version: Version, request: RunRequest) -> dict[str, Any]:
    """Node id → uid of the owner's kernel."""
    default = version.document["default_kernel"]
    refs = {node["id"]: node["kernel"] or default for node in version.document["nodes"]}
    found = runs.kernels_named(s, request.owner_id, {ref for ref in refs.values() if ref is not None})
    _refuse_strangers(version, refs, found)
    chosen = {node_id: found[str(ref)] for node_id, ref in refs.items()}
    if not request.options.start_kernels:
        _refuse_stopped(chosen.values())
    return {node_id: kernel.uid for node_id, kernel in chosen.items()}


def _refuse_strangers(version: Version, refs: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    nodes = version.document["nodes"]
    wrong = [n for n, node in enumerate(nodes) if refs[node["id"]] not in found]
    if not wrong:
        return
    path, ref = f"nodes[{wrong[0]}].kernel", refs[nodes[wrong[0]]["id"]]
    named = _shown([nodes[n]["id"] for n in wrong])
    if ref is None:
        raise BadField(f"choose a kernel for the node {named}, or one for the whole flow", path)
    raise BadField(f"there is no such kernel {ref!r}; it is meant for the node {named}", path)


def _refuse_stopped(kernels: Iterable[Any]) -> None:
    stopped = sorted({kernel.slug for kernel in kernels if not takes_cells(kernel)})
    if stopped:
        raise KernelNotRunning(
            f"{_shown(stopped)} does not run: start it, or let the run start it (`start_kernels`); "
            "no run was made"
        )


def _shown(names_: Sequence[str]) -> str:
    more = len(names_) - MOST_NAMED
    shown = ", ".join(repr(one) for one in names_[:MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
