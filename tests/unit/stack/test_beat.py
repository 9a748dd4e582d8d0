"""Beat's ticks, by a clock that the test moves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from broker_config.celery_app import FLOWS_TICK_S, TICK_S, make_celery
from broker_config.settings import Settings
from web.stack.beat import TickScheduler, ticked_file

START = 1_000.0


class Told(TickScheduler):
    """Notes what would be sent, in place of a broker."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        super().__init__(make_celery("redis://127.0.0.1:1/0"))

    @property
    def producer(self) -> None:
        """None is needed."""

    def apply_entry(self, entry: Any, producer: object = None) -> None:
        self.sent.append(entry.task)

    def counts(self) -> dict[str, int]:
        return {task: self.sent.count(task) for task in self.sent}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Its one item is what the monotonic clock says."""
    now = [START]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_each_entry_is_sent_at_once_and_then_at_its_interval(clock: list[float]) -> None:
    beat = Told()
    while clock[0] < START + 19.75:
        clock[0] += beat.tick()
    assert beat.counts() == {
        "housekeeping.tick": 20 / TICK_S,
        "flows.tick": 20 / FLOWS_TICK_S,
        "lifecycle.reconcile": 2,
    }


def test_after_a_standstill_one_tick_is_sent_and_not_all_that_were_missed(clock: list[float]) -> None:
    beat = Told()
    beat.tick()
    clock[0] += 600
    beat.tick()
    clock[0] += beat.tick()
    assert beat.counts()["housekeeping.tick"] <= 3


def test_each_tick_touches_the_file_that_tells_that_beat_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ticked_file(Settings(data_dir=tmp_path))
    monkeypatch.setattr(TickScheduler, "path", path)
    Told().tick()
    assert path.exists()
