"""Locks as the API shows them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tasks.environments.locks import Difference, Lock
from web.validation.fields import Shape


class PinShape(Shape):
    """One package of a lock."""

    name: str
    version: str
    hashes: list[str] = Field(description="SHA-256 in hex of each file that may be installed")


class LockShape(Shape):
    """Every package of an environment with its version and hashes, for good."""

    digest: str = Field(description="SHA-256 of the file: the same digest is the same environment")
    python: str = Field(description="The kernel's Python, as 3.11")
    flavour: str
    wishes: list[str] = Field(description="The requirements that it was made from")
    text: str = Field(description="The file: kept, and given to a kernel as `lock`")
    packages: list[PinShape]


class DifferenceShape(Shape):
    """One package that another lock has otherwise; null: not at all."""

    name: str
    before: str | None
    after: str | None


class LockAnswer(Shape):
    """A lock and how it differs from the kernel's; null: the kernel has its flavour's packages alone."""

    lock: LockShape | None
    difference: list[DifferenceShape]
    locked_by: str | None = Field(description="Who gave the kernel this lock; null while it has it not")
    locked_at: str | None


class BuildAnswer(Shape):
    """How making a kernel's environment goes, or went last."""

    state: str = Field(description="none, waiting, building, built or failed")
    lines: list[str] = Field(description="The end of its log")
    digest: str | None


def show_lock(lock: Lock) -> dict[str, Any]:
    """A lock as plain data."""
    pins = [{"name": pin.name, "version": pin.version, "hashes": list(pin.hashes)} for pin in lock.pins]
    about = {"digest": lock.digest, "python": lock.python, "flavour": lock.flavour}
    return {**about, "wishes": list(lock.packages), "text": lock.text, "packages": pins}


def show_difference(found: list[Difference]) -> list[dict[str, str | None]]:
    """What is otherwise, as plain data."""
    return [{"name": one.name, "before": one.before, "after": one.after} for one in found]
