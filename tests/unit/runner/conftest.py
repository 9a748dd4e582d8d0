"""One runner per test file; a test that needs one of its own makes it with ``running``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.runner.process import Runner, running


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with running(tmp_path_factory.mktemp("runner")) as made:
        yield made
