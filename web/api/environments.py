"""Environments: packages resolved to locks, kernels' locks, and how building one goes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import Field

from broker_config.wire.errors import BadField, Conflict, NotFound
from tasks.kernels.broker import wake
from tasks.ledger import environments
from tasks.ledger.models import Kernel
from web.answers import json_answer
from web.api import building, kernel_changes, locking, possible
from web.api.documents import answers, binary, resource
from web.api.kernels import find, find_in
from web.api.locking import Locked, Place
from web.api.packages import LOCK, PACKAGES, LockText, Packages
from web.api.paths import KernelPath
from web.api.shapes.basic import moment
from web.api.shapes.environments import BuildAnswer, LockAnswer, show_difference, show_lock
from web.context import services, web
from web.validation.checked import checked
from web.validation.fields import KernelId, Strict

api = resource("environments", "Packages of kernels, locked with every version and hash")

TEXT = "text/plain"
NOTHING = "give packages, or a lock"
FILE = "The lock as a file, where that is asked for"


class ResolveBody(Strict):
    """What to look at: packages, or a lock that is there already."""

    packages: Packages | None = Field(None, description=PACKAGES)
    lock: LockText | None = Field(None, description=f"{LOCK}: looked at, not resolved")
    kernel: KernelId | None = Field(None, description="Whose lock to compare with, and to stay close to")
    flavour: Annotated[str, Field(min_length=1, max_length=20)] | None = Field(
        None, description="None: the kernel's, else `base`"
    )
    allow_sdist: bool | None = Field(None, description="None: as the kernel has it, else false")


class RelockBody(Strict):
    """How to resolve a kernel's packages anew."""

    dry_run: bool = Field(False, description="Show what would change, and change nothing")


class LockQuery(Strict):
    """In which form."""

    download: Literal["1", "0"] = Field(
        "0", description="1: the file instead of JSON; `Accept: text/plain` says the same"
    )


@api.post("/environments/resolve", responses=answers(200, LockAnswer))
@checked
def resolve(body: ResolveBody) -> Response:
    """Find the lock of packages, or show one, and how it differs from a kernel's. Nothing is kept."""
    kernel = None if body.kernel is None else find(body.kernel)
    found = _looked_at(body, kernel)
    return _answer(found, kernel)


def _looked_at(body: ResolveBody, kernel: Kernel | None) -> Locked:
    said = body.model_dump(exclude_none=True, include={"packages", "flavour", "allow_sdist"})
    if kernel is None:
        return _for_new(body, said)
    if body.lock is not None:
        return locking.brought(body.lock, kernel.runtime, {**said, "flavour": kernel.flavour})
    if body.packages is None:
        raise BadField(NOTHING, "packages")
    allow_sdist = kernel.allow_sdist if body.allow_sdist is None else body.allow_sdist
    place = Place(body.flavour or kernel.flavour, kernel.runtime)
    return locking.resolved(body.packages, place, allow_sdist, kernel.lock_digest)


def _for_new(body: ResolveBody, said: dict[str, Any]) -> Locked:
    facts = web().facts.get(services())
    if body.lock is not None:
        found = locking.brought(body.lock, facts["runtime"], said)
        possible.refuse_flavour(found.lock.flavour if found.lock else "base", facts)
        return found
    if body.packages is None:
        raise BadField(NOTHING, "packages")
    flavour = body.flavour or "base"
    possible.refuse_flavour(flavour, facts)
    return locking.resolved(body.packages, Place(flavour, facts["runtime"]), bool(body.allow_sdist))


@api.get("/kernels/<kernel_id>/lock", responses=binary(200, TEXT, FILE, instead=LockAnswer))
@checked
def lock(path: KernelPath, query: LockQuery) -> Response:
    """A kernel's lock, or null; as a file with `?download=1` or `Accept: text/plain`."""
    kernel = find(path.kernel_id)
    with services().ledger.read() as session:
        found = environments.lock_of(session, kernel)
    accepted = request.accept_mimetypes
    if not (query.download == "1" or accepted.best_match(["application/json", TEXT]) == TEXT):
        shown = None if found is None else show_lock(found)
        return json_answer({"lock": shown, "difference": [], **_whose(kernel)})
    if found is None:
        raise NotFound("this kernel has the packages of its flavour alone: there is no lock")
    name = {"Content-Disposition": f'attachment; filename="{kernel.slug}-lock.txt"'}
    return Response(found.text, 200, name, content_type=f"{TEXT}; charset=utf-8")


@api.post("/kernels/<kernel_id>/lock", responses=answers(200, LockAnswer))
@checked
def relock(path: KernelPath, body: RelockBody) -> Response:
    """Resolve a kernel's packages anew: the newest versions that there are, from its next start on."""
    kernel = find(path.kernel_id)
    if not kernel.packages:
        raise Conflict("this kernel has the packages of its flavour alone: there is nothing to lock")
    if not body.dry_run:
        with services().ledger.read() as session:
            kernel_changes.check_rests(session, kernel)
    place = Place(kernel.flavour, kernel.runtime)
    found = locking.resolved(kernel.packages, place, kernel.allow_sdist)
    if body.dry_run:
        return _answer(found, kernel)
    with services().ledger.write() as session:
        before = find_in(session, path.kernel_id)
        old = environments.lock_of(session, before)
        after = kernel_changes.apply(session, before, locking.columns(session, found))
        locking.note(session, after.uid, found, old)
    wake(services().redis, after.uid)
    return _answer(found, kernel, whose=after)


@api.get("/kernels/<kernel_id>/build", responses=answers(200, BuildAnswer))
@checked
def build(path: KernelPath) -> Response:
    """How building a kernel's environment goes, or went last."""
    return json_answer(building.of_kernel(services().redis, find(path.kernel_id)))


def _answer(found: Locked, kernel: Kernel | None, whose: Kernel | None = None) -> Response:
    with services().ledger.read() as session:
        before = None if kernel is None else environments.lock_of(session, kernel)
    difference = show_difference(locking.differences(before, found.lock))
    shown = None if found.lock is None else show_lock(found.lock)
    return json_answer({"lock": shown, "difference": difference, **_whose(whose)})


def _whose(kernel: Kernel | None) -> dict[str, str | None]:
    if kernel is None or kernel.locked_by is None:
        return {"locked_by": None, "locked_at": None}
    return {"locked_by": web().owners.name(kernel.locked_by), "locked_at": moment(kernel.locked_at)}
