"""Whatever dies, starves or comes twice: what was accepted ends once, ran at most once, and is told truly."""

from __future__ import annotations

import pytest

from tests.integration.faults.evidence import end_of
from tests.integration.faults.known import FAULTS
from tests.integration.faults.rounds import dice_of, leave, seed_of
from tests.integration.faults.table import Outcome
from tests.integration.faults.trial import Trial
from tests.integration.faults.world import World

pytestmark = pytest.mark.faults

LOG_BYTES = 6_000


def test_what_was_accepted_ends_once_in_order_and_truly(
    world: World, fault_name: str, round_number: int, request: pytest.FixtureRequest
) -> None:
    trial = Trial(world, FAULTS[fault_name], dice_of(request.config, fault_name, round_number))
    complaints = None
    try:
        complaints = trial.play()
    finally:
        outcome = Outcome(fault_name, trial.open, trial.recovery_s, complaints)
        leave(request.node, outcome)
        world.ends.update(trial.seen)
        if not outcome.passed:
            request.node.add_report_section("call", "stack", world.stack.stack_log[-LOG_BYTES:])
            request.node.add_report_section("call", "kernel", world.kernel_log(trial.uid)[-LOG_BYTES:])
            world.kernels.forget()
    again = f"again: --fault-seed {seed_of(request.config)} --rounds {round_number + 1}"
    assert outcome.passed, f"{fault_name}: {complaints}; {again}; kernel {trial.uid}"


def test_no_end_changed_in_a_later_round(world: World) -> None:
    found = world.kernels.many(list(world.ends))
    assert {row.id: end_of(row) for row in found} == world.ends
