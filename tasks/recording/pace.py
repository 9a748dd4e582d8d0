"""How many entries of events are handled in one turn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How entries are gathered into one turn: many turns would cost more than they give.

    What comes within ``linger_s`` of the first is handled with it, unless one of them is urgent. ``peeks``:
    so often it is looked meanwhile whether something urgent has come, unless many come of which none was so
    lately.
    """

    linger_s: float = 0.0
    peeks: int = 0
