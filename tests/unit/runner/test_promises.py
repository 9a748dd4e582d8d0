"""Each point of what user code can rely on is held by tests that there are: see ``promises.txt``."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
SECTIONS = [
    "cells",
    "inputs and outputs",
    "displays and logs",
    "artifacts",
    "catalog",
    "shared files",
    "memory",
]


def promises() -> dict[str, dict[str, list[str]]]:
    """Section → point → tests."""
    found: dict[str, dict[str, list[str]]] = {}
    section = point = ""
    for line in (HERE / "promises.txt").read_text().splitlines():
        if line.startswith("# "):
            section, point = line.removeprefix("# "), ""
            found[section] = {}
        elif section and line.startswith("    "):
            found[section][point].append(line.strip())
        elif section and line:
            point = line
            found[section][point] = []
    return found


@cache
def names() -> set[str]:
    """Every test there is, as ``promises.txt`` names them."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        short = path.stem.removeprefix("test_")
        assert short not in found, f"two files are called {path.name}"
        found[short] = re.findall(r"^def test_(\w+)\(", path.read_text(), re.MULTILINE)
    return {f"{short}: {name}" for short, tests in found.items() for name in tests}


ROWS = [(section, point, tests) for section, points in promises().items() for point, tests in points.items()]


def test_every_section_has_its_points() -> None:
    assert list(promises()) == SECTIONS
    assert len(ROWS) > 60


@pytest.mark.parametrize(("section", "point", "tests"), ROWS, ids=[": ".join(row[:2]) for row in ROWS])
def test_a_promise_is_held_by_tests(section: str, point: str, tests: list[str]) -> None:
    assert tests, f"{section}: nothing holds {point!r}"
    assert set(tests) - names() == set()
