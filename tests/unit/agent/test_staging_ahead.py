"""What is staged while a cell goes on, and what is left for its end."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from broker_config.wire.errors import StorageFailed
from broker_config.wire.flows import PublishArtifact, StoredObject
from kernel_worker.agent import staging_ahead
from kernel_worker.agent.published import Published, StagedFile
from kernel_worker.agent.staging_ahead import StagingAhead


@pytest.fixture(autouse=True)
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging_ahead, "MOST_STAGED", 2)


def stored(name: str, version: int = 1) -> Published:
    args = PublishArtifact(name, "int", "builtins", "cloudpickle", {}, None)
    file = StagedFile(
        f"{name}{version}", 1, name, StoredObject(f"k/u/{name}{version}", 1, "0" * 64, "0" * 64)
    )
    return Published(version, args, 1.0, file)


class Desk:
    """Notes what is staged."""

    def __init__(self) -> None:
        self.staged: list[str] = []
        self.away = False
        self.go = threading.Event()
        self.go.set()

    def stage(self, artifacts: Sequence[Published]) -> None:
        self.go.wait(5)
        if self.away:
            raise StorageFailed("away")
        self.staged += [one.file.name for one in artifacts]


def test_full_chunks_are_staged_and_the_rest_is_left() -> None:
    desk = Desk()
    ahead = StagingAhead(desk.stage)
    all_of_them = [stored(name) for name in "abc"]
    for one in all_of_them:
        ahead.stored(one)
    assert ahead.left(all_of_them) == all_of_them[2:]
    assert desk.staged == ["a1", "b1"]


def test_what_was_published_again_is_left() -> None:
    desk = Desk()
    desk.go.clear()
    ahead = StagingAhead(desk.stage)
    first, other, second = stored("a"), stored("b"), stored("a", 2)
    ahead.stored(first)
    ahead.stored(other)
    first.file.unwanted = True
    ahead.stored(second)
    desk.go.set()
    assert ahead.left([other, second]) == [second]


def test_while_the_desk_is_away_all_is_left() -> None:
    desk = Desk()
    desk.away = True
    ahead = StagingAhead(desk.stage)
    all_of_them = [stored(name) for name in "abcdef"]
    for one in all_of_them:
        ahead.stored(one)
    assert ahead.left(all_of_them) == all_of_them
    assert desk.staged == []
