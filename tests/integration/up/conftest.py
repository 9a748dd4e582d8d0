"""One stack that is up for all modules of this folder: what they make has names of its own, or is removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.stack.stack_fixture import Stack, standing


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with its example, which ran."""
    yield from standing(tmp_path_factory)
