"""Rounds of faults: a freshly seeded moment each, in one stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.faults.known import FAULTS
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
