"""Whether the engine's runc is one with known ways out of a container. No I/O.

Of the advisories of opencontainers/runc those are listed that lead out of a container. CVE-2026-41579 is not
among them: by its advisory it cannot be used under Docker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, int, int, int]
"""Major, minor, patch, and the number of a release candidate; 999 where it is none."""
FINAL = 999
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:[-~]rc\.?(\d+))?")
_PLAIN = re.compile(r"v?\d+\.\d+\.\d+(?:-rc\.?\d+)?(?:-\d+-g[0-9a-f]+)?")


@dataclass(frozen=True, slots=True)
class Hole:
    """``mended``: the first good version of each line that got the change; older lines never did."""

    name: str
    mended: tuple[Version, ...]


HOLES = (
    Hole("CVE-2024-21626", ((1, 1, 12, FINAL),)),
    *(
        Hole(name, ((1, 2, 8, FINAL), (1, 3, 3, FINAL), (1, 4, 0, 3)))
        for name in ("CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881")
    ),
)
ADVICE = "update runc to 1.2.8, 1.3.3 or later"


@dataclass(frozen=True, slots=True)
class Finding:
    """``holes``: by the version's number. ``patched``: a distribution's package, which may have been mended
    under the same number."""

    holes: tuple[str, ...]
    patched: bool


def examine(version: str) -> Finding | None:
    """What is known of a runc, by what the engine calls it, such as ``1.1.5+ds1-1+deb12u1`` or
    ``v1.2.5-0-g59923ef``; None where no version can be read from that."""
    found = _VERSION.search(version)
    if found is None:
        return None
    numbers = tuple(int(part) for part in found.groups()[:3])
    candidate = int(found.group(4)) if found.group(4) else FINAL
    ours: Version = (numbers[0], numbers[1], numbers[2], candidate)
    holes = tuple(hole.name for hole in HOLES if not _mended(hole, ours))
    return Finding(holes, _PLAIN.fullmatch(version) is None)


def _mended(hole: Hole, ours: Version) -> bool:
    same_line = [first for first in hole.mended if first[:2] == ours[:2]]
    return ours >= (same_line[0] if same_line else hole.mended[-1])


def layer(version: str) -> tuple[bool, str]:
    """Whether no hole is known, and a sentence."""
    shown = re.sub(r"[^\w.+~-]", "", version)[:40]
    found = examine(version)
    if found is None:
        return False, f"a version that says nothing ({shown or 'unknown'}): see to it that it is a recent one"
    if not found.holes:
        return True, shown
    what = f"{shown}, which by its number has known ways out of a container ({', '.join(found.holes)})"
    mend = "see whether your distribution has mended its package, or " if found.patched else ""
    return False, f"{what}: {mend}{ADVICE}"
