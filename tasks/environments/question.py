"""What uv is asked for a lock: files, arguments, and what its answer means. Asked here or in a builder."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement

from broker_config.wire.errors import BadField, HuskError, ResolutionFailed, Unavailable
from tasks.environments import installer, locks
from tasks.environments.base_set import base_pins, base_roots
from tasks.environments.locks import Lock
from tasks.environments.requirements import read

WISHES, CONSTRAINTS, ANSWER = "requirements.in", "constraints.txt", "lock.txt"
CONFLICT = "No solution found"
# glibc of the kernels' image, and those that uv knows by name; wheels for an older one run there, too.
IMAGE_GLIBC = 36
NAMED_GLIBC = (28, 31, 32, 33, 34, 35, 36)


@dataclass(frozen=True, slots=True)
class Question:
    """``files``: text by name, to be written into the folder in which uv is called with ``argv``.

    The answer is the file ``ANSWER`` there, once uv has ended with 0.
    """

    files: dict[str, str]
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a lock is asked for. ``constraints``: text of the setting's file.

    Raises:
        BadField: ``packages`` has something that ``requirements.read`` refuses.
    """

    packages: tuple[str, ...]
    flavour: str
    python: str
    allow_sdist: bool = False
    previous: Lock | None = None
    constraints: str = ""

    def __post_init__(self) -> None:
        """Whoever asks: nothing that was not read comes so far."""
        object.__setattr__(self, "packages", tuple(read(self.packages)))

    def questions(self, interpreter: str, glibc: int = IMAGE_GLIBC) -> list[Question]:
        """One with the base set's versions as floors, and one without, for when the first has no answer."""
        argv = _argv(self, interpreter, glibc)
        return [Question(self._files(floors), argv) for floors in (self._floors(), [])]

    def lock(self, answer: str) -> Lock:
        """The lock of uv's answer. Raises ``ResolutionFailed`` where it cannot be put into one."""
        try:
            pins = locks.pins_of(answer)
        except BadField as error:
            raise ResolutionFailed(f"uv's answer cannot be locked: {error}", "packages") from None
        return locks.make(self.python, self.flavour, self.packages, pins, self.allow_sdist)

    def _files(self, floors: Sequence[str]) -> dict[str, str]:
        # A base package is always there, whatever a marker of the same name says.
        wishes = [*base_roots(self.flavour), *self.packages]
        preferred = base_pins(self.flavour, self.python)
        if self.previous is not None:
            preferred |= {pin.name: pin.version for pin in self.previous.pins}
        return {
            WISHES: _text(wishes),
            CONSTRAINTS: _text([*floors, self.constraints]),
            # uv takes the versions of the file that it is to write for preferences.
            ANSWER: _text(f"{name}=={version}" for name, version in preferred.items()),
        }

    def _floors(self) -> list[str]:
        named = {_name(wish) for wish in self.packages}
        pins = base_pins(self.flavour, self.python)
        return [f"{name}>={version}" for name, version in pins.items() if name not in named]


def _name(wish: str) -> str:
    return Requirement(wish).name


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines if line)


def _argv(wanted: Wanted, interpreter: str, glibc: int) -> tuple[str, ...]:
    return (
        *("pip", "compile", "--quiet", "--color", "never", "--no-config", "--no-header", "--no-annotate"),
        *("--generate-hashes", "--no-emit-index-url", "--no-python-downloads", "--python", interpreter),
        *("--python-version", wanted.python, "--python-platform", f"x86_64-manylinux_2_{glibc}"),
        *(() if wanted.allow_sdist else ("--only-binary", ":all:")),
        *("--constraints", CONSTRAINTS, "--output-file", ANSWER, WISHES),
    )


def glibc_here() -> int:
    """Which of the C libraries that uv knows by name kernels of this host have, at most the image's."""
    name, version = platform.libc_ver()
    minor = version.partition(".")[2]
    here = int(minor) if name == "glibc" and minor.isdigit() else IMAGE_GLIBC
    return max((known for known in NAMED_GLIBC if known <= here), default=NAMED_GLIBC[0])


def is_conflict(code: int, text: str) -> bool:
    """Whether uv looked at everything and found no answer."""
    return code == 1 and CONFLICT in text


def failure(code: int, text: str) -> HuskError:
    """The error for uv's ``words`` and exit code."""
    if is_conflict(code, text):
        return ResolutionFailed(text, "packages")
    if installer.is_full(text):
        return Unavailable(f"the packages were not resolved, because the disk is full: {text}")
    if installer.is_away(text):
        return Unavailable(f"the package index does not answer as it should: {text}")
    if code < 0 or not text:
        return Unavailable("resolving was ended by the system, most likely for want of memory: try again")
    return ResolutionFailed(text, "packages")
