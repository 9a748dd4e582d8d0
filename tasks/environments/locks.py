"""Locks: every package of an environment with its version and hashes, as one file that can be handed on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.markers import InvalidMarker, Marker
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from broker_config.wire.errors import BadField
from tasks.environments import requirements
from tasks.environments.base_set import ROOTS, base_roots

FIELD = "lock"
FORMAT = "# husk lock, format 1"
PYTHON, FLAVOUR, PACKAGE = "# python ", "# flavour ", "# package "
SOURCES = "# source distributions are built"
LONGEST = 1_000_000
DIGEST = re.compile(r"[0-9a-f]{64}")
PYTHONS = re.compile(r"3\.[0-9]{1,2}")
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
LINE = re.compile(
    r"(?P<name>[^\s=;]+)==(?P<version>[^\s=;]+)\s*(?:;(?P<marker>.*?))?(?P<hashes>(?:\s+--hash=\S+)+)"
)


@dataclass(frozen=True, slots=True)
class Pin:
    """One package. ``hashes``: sha256 in hex of each file that may be installed, sorted."""

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """``packages``: the wishes it was made from, canonical. ``text``: the whole canonical file.

    ``python``: ``3.11``. ``allow_sdist``: sources may be built, which only a builder container does.
    """

    python: str
    flavour: str
    packages: tuple[str, ...]
    text: str
    allow_sdist: bool = False

    @property
    def digest(self) -> str:
        """Names the environment: sha256 in hex of ``text``."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Its packages, sorted by name."""
        return _pins(self.text.splitlines())


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes for one package; None: it is not there."""

    name: str
    before: str | None
    after: str | None


def make(
    python: str, flavour: str, packages: Sequence[str], pins: Iterable[Pin], allow_sdist: bool = False
) -> Lock:
    """The lock of these pins. ``packages`` as ``requirements.read`` returns them."""
    head = [FORMAT, f"{PYTHON}{python}", f"{FLAVOUR}{flavour}", *([SOURCES] if allow_sdist else [])]
    head += [f"{PACKAGE}{wish}" for wish in packages]
    body = [_render(pin) for pin in sorted(pins, key=lambda pin: pin.name)]
    return Lock(python, flavour, tuple(packages), "\n".join([*head, *body, ""]), allow_sdist)


def _render(pin: Pin) -> str:
    marker = f" ; {pin.marker}" if pin.marker else ""
    hashes = "".join(f" \\\n    --hash=sha256:{one}" for one in sorted(set(pin.hashes)))
    return f"{pin.name}=={pin.version}{marker}{hashes}"


def parse(text: str) -> Lock:
    """The lock of a file as ``make`` writes it; lines and hashes may be in another order.

    Raises:
        BadField: it is anything else; the message has the line.
    """
    if len(text) > LONGEST:
        raise BadField(f"a lock has at most {LONGEST} characters", FIELD)
    lines = text.splitlines()
    head = [line.rstrip() for line in lines if line.startswith("#")]
    if head[:1] != [FORMAT] or len(head) < 3:
        raise BadField(f'not a lock of Husk: its first line is "{FORMAT}"', FIELD)
    python, flavour = head[1].removeprefix(PYTHON), head[2].removeprefix(FLAVOUR)
    if not PYTHONS.fullmatch(python) or flavour not in ROOTS:
        raise BadField("the lock's second and third line give a Python and a flavour that Husk knows", FIELD)
    rest = head[3:]
    allow_sdist = rest[:1] == [SOURCES]
    return make(python, flavour, _wishes(rest[allow_sdist:]), pins_of(text), allow_sdist)


def _wishes(lines: list[str]) -> list[str]:
    if not all(line.startswith(PACKAGE) for line in lines):
        raise BadField("the lock's head has lines that Husk does not know", FIELD)
    try:
        return requirements.read([line.removeprefix(PACKAGE) for line in lines])
    except BadField as error:
        raise BadField(f"the lock's packages: {error}", FIELD) from None


def given(text: str) -> Lock:
    """``parse`` for a lock that a person brings: it has also what every kernel of the flavour needs.

    Raises:
        BadField: as ``parse``, or the lock lacks a package.
    """
    lock = parse(text)
    there = {pin.name for pin in lock.pins}
    lacking = [name for name in base_roots(lock.flavour) if name not in there]
    if lacking:
        raise BadField(f"the lock lacks {', '.join(lacking)}, which every kernel needs", FIELD)
    return lock


def pins_of(text: str) -> list[Pin]:
    """The pins of a requirements file in which every line has a version and hashes, comments left out.

    Raises:
        BadField: a line is anything else, or a package is there twice.
    """
    found: dict[str, Pin] = {}
    for pin in _pins(text.splitlines()):
        if pin.name in found:
            raise BadField(f"the lock has {pin.name} twice", FIELD)
        found[pin.name] = pin
    if not found:
        raise BadField("the lock has no packages", FIELD)
    return list(found.values())


def _pins(lines: Sequence[str]) -> tuple[Pin, ...]:
    pins: list[Pin] = []
    begun = ""
    for line in lines:
        if not begun and (not line.strip() or line.startswith("#")):
            continue
        begun += line.removesuffix("\\") if line.endswith("\\") else line
        if not line.endswith("\\"):
            pins.append(_pin(begun.strip()))
            begun = ""
    if begun:
        raise BadField("the lock ends within a line", FIELD)
    return tuple(pins)


def _pin(line: str) -> Pin:
    found = LINE.fullmatch(line)
    if found is None or not line.isascii() or not NAME.fullmatch(found["name"]):
        raise _wrong(line)
    hashes = [HASH.fullmatch(word) for word in found["hashes"].split()]
    try:
        version = str(Version(found["version"]))
        marker = Marker(found["marker"].strip()) if found["marker"] is not None else None
    except (InvalidVersion, InvalidMarker):
        raise _wrong(line) from None
    if marker is not None and not requirements.is_plain_marker(marker):
        raise _wrong(line)
    digests = {one[1] for one in hashes if one}
    if len(hashes) != sum(one is not None for one in hashes):
        raise _wrong(line)
    return Pin(canonicalize_name(found["name"]), version, tuple(sorted(digests)), str(marker or ""))


def _wrong(line: str) -> BadField:
    shown = ascii(line if len(line) <= requirements.SHOWN else f"{line[: requirements.SHOWN]}...")
    return BadField(f"{shown} in the lock is not name==version with --hash=sha256:…", FIELD)


def difference(old: Lock | None, new: Lock) -> list[Difference]:
    """What changes from one lock to the other, sorted by name; from none, all are new."""
    before = {pin.name: pin.version for pin in old.pins} if old else {}
    after = {pin.name: pin.version for pin in new.pins}
    return [
        Difference(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
