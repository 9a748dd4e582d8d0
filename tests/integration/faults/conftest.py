"""Rounds of faults: a freshly seeded moment each, in one stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.faults import flowing
from tests.integration.faults.known import FAULTS
from tests.integration.faults.world import World, running_world


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``--rounds`` rounds, each of all faults: one line is never killed twice in a short time."""
    rounds = range(metafunc.config.getoption("--rounds"))
    for argument, names in (("fault_name", tuple(FAULTS)), ("flow_fault", flowing.FAULTS)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(("round_number", argument), [(n, name) for n in rounds for name in names])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One stack for all."""
    with running_world() as made:
        yield made
