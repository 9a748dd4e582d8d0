"""How the control plane's processes load."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from broker_config.memory import loading
from tasks.__main__ import main


@pytest.fixture
def thawed() -> Iterator[None]:
    """What is frozen here is not for good."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_the_collector_stands_still_while_modules_load_and_leaves_them_out_later() -> None:
    before = gc.get_freeze_count()
    with loading():
        assert not gc.isenabled()
        made = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)


@pytest.mark.usefixtures("thawed")
def test_the_collector_goes_on_after_a_module_that_does_not_load() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


@pytest.mark.parametrize("argv", [[], ["services"], ["--help"]])
def test_what_is_no_process_is_told_which_there_are(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert "desk|housekeeping|lifecycle|recorder" in capsys.readouterr().err
