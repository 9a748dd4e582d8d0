"""From the packages, or the lock, that somebody gives to what a kernel's row holds of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from broker_config.wire.errors import BadField, NotAvailable
from tasks.environments import asking, locks, requirements
from tasks.environments.asking import Question
from tasks.environments.base_set import python_of
from tasks.environments.locks import Difference, Lock
from tasks.ledger import environments
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session
from tasks.runtimes.process import ProcessRuntime
from web import audit
from web.api.kernel_bodies import NewKernelBody
from web.context import caller, services, web

SOURCES = "a process kernel takes wheels alone: packages are built from their sources in containers only"
LONGEST_TOLD = 500
FIELDS = ("packages", "lock", "allow_sdist")


@dataclass(frozen=True, slots=True)
class Place:
    """What a lock is for: a flavour's kernels of a runtime."""

    flavour: str
    runtime: str


@dataclass(frozen=True, slots=True)
class Locked:
    """What a kernel gets: a lock, or none; ``how`` it came, for the audit."""

    lock: Lock | None
    allow_sdist: bool
    how: str


def read(body: NewKernelBody, runtime: str) -> tuple[NewKernelBody, Locked | None]:
    """A new kernel's body with what its lock says in it, and that lock; None: packages are to be resolved."""
    if body.lock is None:
        return body, None
    said = body.model_dump(include={"packages", "flavour", "allow_sdist"} & body.model_fields_set)
    found = brought(body.lock, runtime, said)
    told = {"flavour": found.lock.flavour if found.lock else body.flavour, "allow_sdist": found.allow_sdist}
    return body.model_copy(update=told), found


def resolved(packages: list[str], place: Place, allow_sdist: bool, previous: str | None = None) -> Locked:
    """Resolve packages; none need no lock. The errors of ``asking.resolve``."""
    check_sdist(place.runtime, allow_sdist)
    if not packages:
        return Locked(None, allow_sdist, "removed")
    question = Question(tuple(packages), place.flavour, place.runtime, allow_sdist, previous)
    with web().resolves.one(caller().user.id):
        lock = asking.resolve(services(), question)
    return Locked(lock, allow_sdist, "resolved")


def brought(text: str, runtime: str, said: dict[str, Any]) -> Locked:
    """A lock that somebody gives. ``said``: the fields besides it, of which none may say otherwise.

    Raises:
        BadField: it is none, or was made for other kernels.
    """
    lock = locks.given(text)
    check_sdist(runtime, lock.allow_sdist)
    packages = requirements.read(said["packages"]) if "packages" in said else None
    if packages is not None and packages != list(lock.packages):
        raise BadField("the lock was made from other packages: leave packages out, or the lock", "packages")
    if said.get("flavour", lock.flavour) != lock.flavour:
        raise BadField(f'the lock is for the flavour "{lock.flavour}"', "lock")
    if said.get("allow_sdist", lock.allow_sdist) != lock.allow_sdist:
        words = (
            "holds packages that are built from their sources" if lock.allow_sdist else "holds wheels alone"
        )
        raise BadField(f"the lock {words}: leave allow_sdist out", "allow_sdist")
    if lock.python != python_of(runtime):
        here = f"kernels here have {python_of(runtime)}"
        raise BadField(
            f"the lock is for Python {lock.python}, and {here}: resolve its packages again", "lock"
        )
    return Locked(lock, lock.allow_sdist, "given")


def changed(kernel: Kernel, fields: dict[str, Any]) -> Locked | None:
    """What a change of a kernel's packages gives it; None: what it has. Nothing is written."""
    place = Place(kernel.flavour, kernel.runtime)
    if "lock" in fields:
        said = {name: value for name, value in fields.items() if name in {"packages", "allow_sdist"}}
        return brought(fields["lock"], kernel.runtime, {**said, "flavour": kernel.flavour})
    packages = fields.get("packages", kernel.packages)
    allow_sdist = fields.get("allow_sdist", kernel.allow_sdist)
    if (packages, allow_sdist) == (kernel.packages, kernel.allow_sdist):
        return None
    return resolved(packages, place, allow_sdist, kernel.lock_digest)


def check_sdist(runtime: str, allow_sdist: bool) -> None:
    """Raise ``NotAvailable`` where nothing is built from sources."""
    if allow_sdist and runtime == ProcessRuntime.name:
        raise NotAvailable(f"{SOURCES}; allowed is false", "allow_sdist")


def columns(session: Session, found: Locked) -> dict[str, Any]:
    """Keep the lock; the columns of a kernel that has it from now on, by the caller."""
    now, lock = time.time(), found.lock
    told = {"packages": list(lock.packages) if lock else [], "allow_sdist": found.allow_sdist}
    if lock is None:
        return {**told, "lock_digest": None, "locked_by": None, "locked_at": None}
    digest = environments.keep(session, lock, caller().user.id, now)
    return {**told, "lock_digest": digest, "locked_by": caller().user.id, "locked_at": now}


def note(session: Session, uid: str, found: Locked, before: Lock | None) -> None:
    """Tell the audit who gave a kernel which lock."""
    detail: dict[str, Any] = {"how": found.how, "changes": len(differences(before, found.lock))}
    if found.lock is not None:
        detail |= {"digest": found.lock.digest, "packages": ", ".join(found.lock.packages)[:LONGEST_TOLD]}
    audit.note(session, "kernel.lock", uid, **detail)


def differences(before: Lock | None, after: Lock | None) -> list[Difference]:
    """What changes from one lock, or none, to another, or none."""
    if after is None:
        return [Difference(pin.name, pin.version, None) for pin in before.pins] if before else []
    return locks.difference(before, after)
