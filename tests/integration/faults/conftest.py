"""Rounds of faults: a freshly seeded moment each, and one table at the end."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.integration.faults import delivering, misbehaving, striking, table
from tests.integration.faults.world import World, running_world

FAULTS = {fault.name: fault for fault in (*striking.FAULTS, *misbehaving.FAULTS, *delivering.FAULTS)}
SEED: pytest.StashKey[int] = pytest.StashKey()
OUTCOMES: pytest.StashKey[list[table.Outcome]] = pytest.StashKey()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``--rounds`` rounds, each of all faults: one line is never killed twice in a short time."""
    if "fault_name" not in metafunc.fixturenames:
        return
    rounds = range(metafunc.config.getoption("--rounds"))
    metafunc.parametrize(("round_number", "fault_name"), [(n, name) for n in rounds for name in FAULTS])


def seed_of(config: pytest.Config) -> int:
    """The session's seed: given by ``--fault-seed``, or a fresh one."""
    given = config.getoption("--fault-seed")
    if SEED not in config.stash:
        config.stash[SEED] = random.SystemRandom().randrange(1, 2**31) if given is None else int(given)
    return config.stash[SEED]


@pytest.fixture
def dice(request: pytest.FixtureRequest, round_number: int, fault_name: str) -> random.Random:
    """What is random in this round; the same for the same seed, fault and round."""
    return random.Random(f"{seed_of(request.config)} {fault_name} {round_number}")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One stack for all."""
    with running_world() as made:
        yield made


@pytest.fixture
def outcomes(request: pytest.FixtureRequest) -> list[table.Outcome]:
    """Where rounds leave what became of them."""
    return request.config.stash.setdefault(OUTCOMES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, and how to play the same moments again."""
    config = terminalreporter.config
    outcomes = config.stash.get(OUTCOMES, [])
    if not outcomes:
        return
    terminalreporter.section(f"faults, seed {seed_of(config)} (again: --fault-seed {seed_of(config)})")
    for line in table.lines(outcomes):
        terminalreporter.line(line)
