"""Whatever dies, starves or comes twice: what was accepted ends once, ran at most once, and is told truly."""

from __future__ import annotations

import random

import pytest

from tests.integration.faults.conftest import FAULTS, seed_of
from tests.integration.faults.table import Outcome
from tests.integration.faults.trial import Trial
from tests.integration.faults.world import World

pytestmark = pytest.mark.faults


def test_what_was_accepted_ends_once_in_order_and_truly(
    world: World,
    fault_name: str,
    round_number: int,
    dice: random.Random,
    outcomes: list[Outcome],
    request: pytest.FixtureRequest,
) -> None:
    trial = Trial(world, FAULTS[fault_name], dice)
    complaints = None
    try:
        complaints = trial.play()
    finally:
        outcome = Outcome(fault_name, trial.recovery_s or None, complaints)
        outcomes.append(outcome)
        if not outcome.passed:
            world.kernels.forget()
    again = f"again: --fault-seed {seed_of(request.config)} --rounds {round_number + 1}"
    assert outcome.passed, f"{fault_name}, {complaints}; {again}; kernel {trial.uid}"
