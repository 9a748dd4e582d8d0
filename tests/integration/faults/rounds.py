"""Which faults there are, the session's seed, and where rounds leave what became of them."""

from __future__ import annotations

import random

import pytest

from tests.integration.faults import delivering, misbehaving, storing, striking
from tests.integration.faults.table import Outcome

_ALL = (*striking.FAULTS, *misbehaving.FAULTS, *delivering.FAULTS, *storing.FAULTS)
FAULTS = {fault.name: fault for fault in _ALL}
_SEED: pytest.StashKey[int] = pytest.StashKey()
_OUTCOMES: pytest.StashKey[list[Outcome]] = pytest.StashKey()


def seed_of(config: pytest.Config) -> int:
    """The session's seed: given by ``--fault-seed``, or a fresh one."""
    given = config.getoption("--fault-seed")
    if _SEED not in config.stash:
        config.stash[_SEED] = random.SystemRandom().randrange(1, 2**31) if given is None else int(given)
    return config.stash[_SEED]


def dice_of(config: pytest.Config, fault: str, number: int) -> random.Random:
    """What is random in a round; the same for the same seed, fault and round."""
    return random.Random(f"{seed_of(config)} {fault} {number}")


def outcomes_of(config: pytest.Config) -> list[Outcome]:
    """What became of the session's rounds so far."""
    return config.stash.setdefault(_OUTCOMES, [])
