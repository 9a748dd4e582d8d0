"""Fixtures that test modules of this folder name by their arguments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.databases import database_url, ledger, new_ledger, postgres
from tests.integration.weed import Weed, running_weed

__all__ = ["database_url", "ledger", "new_ledger", "postgres"]


@pytest.fixture(scope="session")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    """One store for all modules of a process. Who ends it starts it again."""
    yield from running_weed(tmp_path_factory)
