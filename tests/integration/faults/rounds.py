"""The seed of a run's random moments, and what became of rounds, carried by their tests' reports."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import asdict

import pytest

from tests.integration.faults.table import Outcome

PROPERTY = "fault"


def choose_seed(config: pytest.Config) -> None:
    """The seed of the run: given by ``--fault-seed``, by who hands out tests, or fresh."""
    if config.option.fault_seed is None:
        given = getattr(config, "workerinput", {})
        config.option.fault_seed = given.get(PROPERTY) or random.SystemRandom().randrange(1, 2**31)


def seed_of(config: pytest.Config) -> int:
    """The session's seed."""
    return int(config.getoption("--fault-seed"))


def dice_of(config: pytest.Config, fault: str, number: int) -> random.Random:
    """What is random in a round; the same for the same seed, fault and round."""
    return random.Random(f"{seed_of(config)} {fault} {number}")


def leave(node: pytest.Item, outcome: Outcome) -> None:
    """Keep what became of a round in its test's report."""
    node.user_properties.append((PROPERTY, asdict(outcome)))


def outcomes_of(reports: Iterable[pytest.TestReport]) -> list[Outcome]:
    """What became of all rounds, out of the reports of their calls."""
    return [
        Outcome(**content)
        for report in reports
        if report.when == "call"
        for name, content in report.user_properties
        if name == PROPERTY and isinstance(content, dict)
    ]
