"""Rounds of faults: a freshly seeded moment each, and one table at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.faults import table
from tests.integration.faults.rounds import FAULTS, outcomes_of, seed_of
from tests.integration.faults.world import World, running_world


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``--rounds`` rounds, each of all faults: one line is never killed twice in a short time."""
    if "fault_name" not in metafunc.fixturenames:
        return
    rounds = range(metafunc.config.getoption("--rounds"))
    metafunc.parametrize(("round_number", "fault_name"), [(n, name) for n in rounds for name in FAULTS])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One stack for all."""
    with running_world() as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, and how to play the same moments again."""
    outcomes, seed = outcomes_of(terminalreporter.config), seed_of(terminalreporter.config)
    if not outcomes:
        return
    terminalreporter.section(f"faults, seed {seed} (again: --fault-seed {seed})")
    for line in table.lines(outcomes):
        terminalreporter.line(line)
