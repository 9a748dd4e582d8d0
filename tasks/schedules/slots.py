"""Which of a schedule's slots are to be fired now, and which were missed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.schedules.policy import CatchUp, Policy
from tasks.schedules.specs import When, next_slot

ON_TIME_S = 60.0
"""A slot of this age was missed: the beat, or who works for it, was away."""
FIRST_LOOK_S = 3600.0
WIDER = 8.0
MORE_THAN_LATE = 3
"""Slots that may be on time beside those that are made up for, and one that was missed before them."""


@dataclass(frozen=True, slots=True)
class Due:
    """Slots to fire, in order; ``missed``: first and last of those before, that are not made up for.

    ``next_at``: the slot after now; None: none comes.
    """

    fire: list[float]
    missed: tuple[float, float] | None
    next_at: float | None


def due(when: When, policy: Policy, first: float, now: float) -> Due:
    """What is due at ``now`` of a schedule whose next slot was ``first``, not after now."""
    following = next_slot(when, first)
    if following is None or following > now:  # the usual
        slots = [first]
    else:
        slots = _newest(when, first, now, policy.catch_up_limit + MORE_THAN_LATE)
        following = next_slot(when, now)
    fire = _chosen(slots, policy, now)
    rest = slots[: len(slots) - len(fire)]
    missed = (first, rest[-1]) if rest else None
    return Due(fire, missed, following)


def _chosen(slots: list[float], policy: Policy, now: float) -> list[float]:
    """The last of the slots, as many as are to be fired."""
    late = sum(now - slot >= ON_TIME_S for slot in slots)
    if policy.catch_up is CatchUp.LAST:
        return slots[-1:]
    made_up = min(late, policy.catch_up_limit) if policy.catch_up is CatchUp.ALL else 0
    return slots[late - made_up :]


def _newest(when: When, first: float, now: float, least: int) -> list[float]:
    """The slots from ``first`` to ``now``, or the newest of them, at least that many.

    A year of minutes is not walked through for its last ten: looks back are wider and wider.
    """
    width = FIRST_LOOK_S
    while now - width > first:
        found = _between(when, now - width, now)
        if len(found) >= least:
            return found
        width *= WIDER
    return [first, *_between(when, first, now)]


def _between(when: When, after: float, until: float) -> list[float]:
    slots: list[float] = []
    slot = next_slot(when, after)
    while slot is not None and slot <= until:
        slots.append(slot)
        slot = next_slot(when, slot)
    return slots
