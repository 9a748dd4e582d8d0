"""What a test needs from the machine: a skip where it is absent, a failure where it is required."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

VARIABLE = "HUSK_REQUIRE"


def required() -> frozenset[str]:
    """The names in ``HUSK_REQUIRE``, such as ``docker,postgres,chromium``."""
    return frozenset(name.strip() for name in os.environ.get(VARIABLE, "").split(",")) - {""}


def require(name: str, reason: str) -> NoReturn:
    """End a test that lacks ``name``: skipped with the reason, or failed where ``HUSK_REQUIRE`` names it."""
    if name in required():
        pytest.fail(f"{VARIABLE} names {name}, but: {reason}", pytrace=False)
    pytest.skip(f"{name}: {reason}")
