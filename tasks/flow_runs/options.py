"""How a run is to be made: what a person or a schedule chooses beside its parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from broker_config.wire.errors import BadField

MOST_PARALLEL = 200
LONGEST_S = 31 * 86_400.0
MOST_TARGETS = 10_000


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run.

    ``cache``: nodes may be taken from earlier runs. ``start_kernels``: stopped kernels are started, and
    stopped again. ``max_parallel``: nodes in flight at once. ``timeout_s``: of the whole run, from its first
    look on. ``targets``: only these nodes run, and what they need; none: all.
    """

    cache: bool = True
    start_kernels: bool = True
    max_parallel: int = 16
    timeout_s: float | None = None
    targets: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, given: Any, path: str = "options") -> RunOptions:
        """Options out of JSON; what is left out has its default.

        Raises:
            BadField: ``field`` is the JSON path of what is wrong, as ``options.max_parallel``.
        """
        if not isinstance(given, Mapping):
            raise BadField("an object is needed", path)
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                raise BadField(f"unknown; allowed are {', '.join(known)}", f"{path}.{name}"[:200])
        made = cls(**given)
        for name, check in _CHECKS.items():
            wrong = check(getattr(made, name))
            if wrong is not None:
                raise BadField(wrong, f"{path}.{name}")
        return made

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def _a_bool(value: Any) -> str | None:
    return None if isinstance(value, bool) else "is true or false"


def _parallel(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PARALLEL
    return None if right else f"is a whole number from 1 to {MOST_PARALLEL}"


def _seconds(value: Any) -> str | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    right = number and math.isfinite(value) and 0 < value <= LONGEST_S
    return None if right else f"is a number of seconds above 0, at most {LONGEST_S:.0f}, or null"


def _nodes(value: Any) -> str | None:
    right = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return None if right and len(value) <= MOST_TARGETS else "is a list of nodes' ids"


_CHECKS = {
    "cache": _a_bool,
    "start_kernels": _a_bool,
    "max_parallel": _parallel,
    "timeout_s": _seconds,
    "targets": _nodes,
}
