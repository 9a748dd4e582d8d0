"""Whatever line of the stack is killed while a flow runs: the run ends as if nothing had been."""

from __future__ import annotations

import pytest

from tests.integration.faults.flowing import FlowTrial
from tests.integration.faults.rounds import dice_of, leave, seed_of
from tests.integration.faults.table import Outcome
from tests.integration.faults.world import World

pytestmark = pytest.mark.faults

LOG_BYTES = 6_000


def test_a_run_ends_once_and_no_node_of_it_runs_twice(
    world: World, flow_fault: str, round_number: int, request: pytest.FixtureRequest
) -> None:
    trial = FlowTrial(world, flow_fault, dice_of(request.config, flow_fault, round_number))
    complaints = None
    try:
        complaints = trial.play()
    finally:
        outcome = Outcome(flow_fault, trial.open, trial.recovery_s, complaints)
        leave(request.node, outcome)
        if not outcome.passed:
            request.node.add_report_section("call", "stack", world.stack.stack_log[-LOG_BYTES:])
            world.kernels.forget()
    again = f"again: --fault-seed {seed_of(request.config)} --rounds {round_number + 1}"
    assert outcome.passed, f"{flow_fault}: {complaints}; {again}; run {trial.run_id}"
