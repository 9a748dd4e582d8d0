"""Kernels: made, seen, changed, and asked to start or end."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, request

from broker_config.wire.states import DesiredState
from tasks.figures.heartbeats import newest_pulses
from tasks.kernels.broker import wake
from tasks.ledger import environments, kernels, quotas, shares
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session
from tasks.sealed import seal
from web import audit
from web.answers import json_answer
from web.api import intents, kernel_changes, locking, possible
from web.api.documents import answers, resource
from web.api.kernel_bodies import KernelChange, ListQuery, NewKernelBody
from web.api.locking import Locked, Place
from web.api.paths import KernelPath
from web.api.shapes.kernels import KernelList, KernelShape, MemoryShape, memory, show, show_all
from web.auth import rules
from web.context import caller, services, web
from web.validation.checked import checked
from web.validation.fields import Shape

api = resource("kernels", "Python with a namespace, a queue and limits of its own")


class MemoryAnswer(Shape):
    """A kernel's memory; null while it does not run."""

    memory: MemoryShape | None


def find(ref: str) -> Kernel:
    """The kernel that the caller means; raises ``NotFound`` for somebody else's."""
    with services().ledger.read() as session:
        return find_in(session, ref)


def find_in(session: Session, ref: str) -> Kernel:
    """The same within a session.

    Raises:
        NotFound: none, or somebody else's.
        Forbidden: it is shared with the caller, but not for what this route does.
    """
    kernel = kernels.visible(session, caller().user, ref)
    rules.check_access(request.endpoint or "", shares.access(session, caller().user, kernel))
    return kernel


@api.post("/kernels", responses=answers(201, KernelShape))
@checked
def create(body: NewKernelBody) -> Response:
    """Make a kernel, stopped."""
    facts = web().facts.get(services())
    body, lock = locking.read(body, facts["runtime"])
    possible.refuse(body, facts)
    quotas.check_size(quotas.quota_of(services().settings), body.memory_gb)
    found = lock or _resolved(body, facts["runtime"])
    with services().ledger.write() as session:
        kernel = insert(session, body, facts["runtime"], found)
        audit.note(session, "kernel.create", kernel.uid, id=kernel.slug)
        if found.lock is not None:
            locking.note(session, kernel.uid, found, None)
    wake(services().redis, kernel.uid)
    return json_answer(
        show(web(), caller().user, kernel), 201, {"Location": f"/api/v1/kernels/{kernel.slug}"}
    )


def insert(session: Session, body: NewKernelBody, runtime: str, found: Locked) -> Kernel:
    """The row of a new kernel of the caller's.

    Raises:
        QuotaExceeded: they have as many as they may. Conflict: one of this id.
    """
    quotas.check_create(session, caller().user.id, quotas.quota_of(services().settings))
    values = _values(body, runtime, locking.columns(session, found))
    return kernels.create(session, values, time.time())


def _resolved(body: NewKernelBody, runtime: str) -> Locked:
    if body.packages:
        with services().ledger.read() as session:
            kernels.check_free(session, caller().user.id, body.id)
    return locking.resolved(body.packages, Place(body.flavour, runtime), body.allow_sdist)


def _values(body: NewKernelBody, runtime: str, locked: dict[str, Any]) -> kernels.NewKernel:
    said = body.model_dump(exclude={"id", "name", "env", "lock", *locked})
    return kernels.NewKernel(
        owner_id=caller().user.id,
        slug=body.id,
        name=body.name or body.id,
        runtime=runtime,
        env_encrypted=seal(services().settings, body.env),
        **said,
        **locked,
    )


@api.get("/kernels", responses=answers(200, KernelList))
@checked
def every(query: ListQuery) -> Response:
    """One's own kernels and those shared with one, by age."""
    with services().ledger.read() as session:
        rows, after = kernels.page(session, caller().user, query.after, query.limit, all=query.all)
    return json_answer({"items": show_all(web(), caller().user, rows), "next": after})


@api.get("/kernels/<kernel_id>", responses=answers(200, KernelShape))
@checked
def one(path: KernelPath) -> Response:
    """A kernel."""
    return json_answer(show(web(), caller().user, find(path.kernel_id)))


@api.patch("/kernels/<kernel_id>", responses=answers(200, KernelShape))
@checked
def change(path: KernelPath, body: KernelChange) -> Response:
    """Change a kernel. Limits count from its next start on."""
    fields = body.model_dump(exclude_unset=True)
    kernel_changes.check(fields, quotas.quota_of(services().settings))
    if "env" in fields:
        fields["env_encrypted"] = seal(services().settings, fields.pop("env"))
    named = sorted(name.removesuffix("_encrypted") for name in fields)
    found = _relocked(path, fields)
    with services().ledger.write() as session:
        kernel = find_in(session, path.kernel_id)
        before = environments.lock_of(session, kernel)
        if found is not None:
            fields |= locking.columns(session, found)
        kernel = kernel_changes.apply(session, kernel, fields)
        audit.note(session, "kernel.change", kernel.uid, fields=named)
        if found is not None:
            locking.note(session, kernel.uid, found, before)
    wake(services().redis, kernel.uid)
    return json_answer(show(web(), caller().user, kernel))


@api.delete("/kernels/<kernel_id>", responses=answers(202, KernelShape))
@checked
def delete(path: KernelPath) -> Response:
    """Delete a kernel with its queue and files; it is there until that is done."""
    return _intend(path, DesiredState.DELETED)


@api.post("/kernels/<kernel_id>/start", responses=answers(202, KernelShape))
@checked
def start(path: KernelPath) -> Response:
    """Start a kernel. One that runs stays as it is."""
    return _intend(path, DesiredState.RUNNING)


@api.post("/kernels/<kernel_id>/stop", responses=answers(202, KernelShape))
@checked
def stop(path: KernelPath) -> Response:
    """Stop a kernel: what runs is interrupted, its variables are lost, its queue is kept."""
    return _intend(path, DesiredState.STOPPED)


@api.post("/kernels/<kernel_id>/restart", responses=answers(202, KernelShape))
@checked
def restart(path: KernelPath) -> Response:
    """Stop a kernel if it runs, and start it."""
    return _intend(path, DesiredState.RUNNING, restart=True)


@api.get("/kernels/<kernel_id>/memory", responses=answers(200, MemoryAnswer))
@checked
def memory_now(path: KernelPath) -> Response:
    """A kernel's working set and limit."""
    uid = find(path.kernel_id).uid
    return json_answer({"memory": memory(newest_pulses(web().raw, [uid]).get(uid))})


def _relocked(path: KernelPath, fields: dict[str, Any]) -> Locked | None:
    """Take what is about packages out of ``fields``; what the kernel gets. Resolving takes long."""
    asked = {str(name): fields.pop(name) for name in locking.FIELDS if name in fields}
    if not asked:
        return None
    with services().ledger.read() as session:
        kernel = find_in(session, path.kernel_id)
        kernel_changes.check_rests(session, kernel)
    return locking.changed(kernel, asked)


def _intend(path: KernelPath, desired: DesiredState, restart: bool = False) -> Response:
    kernel = find(path.kernel_id)
    intents.settle(services(), kernel.uid, desired, audit.actor(), restart)
    # Deleting may be done already: then what was there is shown.
    with services().ledger.read() as session:
        now = kernels.get(session, kernel.uid) or kernel
    return json_answer(show(web(), caller().user, now), 202)
