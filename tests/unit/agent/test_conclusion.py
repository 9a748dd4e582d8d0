"""The end of an execution whose uploads do not end, or fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker_config.wire.events import Event, ExecutionResult, Finished, unpack
from broker_config.wire.messages import Limits
from broker_config.wire.states import ExecutionState
from kernel_worker.agent import conclusion
from kernel_worker.agent.conclusion import conclude
from kernel_worker.agent.journal import Claim, Journal
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.recording import Recording, Tools, record
from kernel_worker.agent.verdicts import Verdict

LIMITS = Limits(1, 1.0, 1, 1_000, 1_000, 10_000)


class Sent(Publisher):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, payload: str, **_: Any) -> bool:
        self.events.append(unpack(payload))
        return True

    def release(self) -> None:
        """Nothing is held."""

    @contextmanager
    def sending(self, payload: str) -> Iterator[None]:
        self.put(payload)
        yield


class Killed(BaseException):
    """The agent is no more."""


class Dying(Sent):
    """The agent is killed as the end of an execution goes to Redis."""

    @contextmanager
    def sending(self, payload: str) -> Iterator[None]:
        raise Killed
        yield


class Case:
    """One recorded execution that is about to end."""

    def __init__(self, folder: Path) -> None:
        nothing: Any = None
        boot = type("Boot", (), {"limits": LIMITS})
        kernel: Any = type("Kernel", (), {"boot": boot, "spool": folder})
        self.sent = Sent()
        journal = Journal(folder / "journal", folder)
        self.tools = Tools(kernel, nothing, nothing, self.sent, journal, nothing, nothing, nothing)
        claim = Claim("x", "g", 1.0, batch_id="b", began=True)
        journal.claim(claim)
        self.recording: Recording = record(self.tools, claim)

    def end(self, status: ExecutionState, failures: tuple[str, ...] = ()) -> ExecutionResult:
        conclude(self.tools, self.recording, Verdict(status), None, failures)
        body = self.sent.events[-1].body
        assert isinstance(body, Finished)
        return body.result


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def waits(over: threading.Event) -> None:
    """An upload that hangs."""
    over.wait(30)


@pytest.fixture
def endless(case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """An execution with an upload that does not end."""
    monkeypatch.setattr(conclusion, "ERRANDS_S", 0.05)
    over = threading.Event()
    case.recording.output.errands.add(lambda: waits(over))
    yield case
    over.set()


def test_a_cell_whose_uploads_do_not_end_fails_and_says_so(endless: Case) -> None:
    result = endless.end(ExecutionState.SUCCEEDED, ("shared file 'a' could not be stored",))
    assert result.status is ExecutionState.FAILED
    assert result.error is not None
    assert result.error.type == "StorageFailed"
    assert "shared file 'a' could not be stored" in result.error.message
    assert "not everything that this cell wrote was stored within 0.05 s" in result.error.message
    assert list(endless.tools.journal.read().failed_batches) == ["b"]


def test_a_cell_that_failed_itself_keeps_its_error_and_has_the_storages_in_its_log(endless: Case) -> None:
    result = endless.end(ExecutionState.CANCELLED)
    assert result.status is ExecutionState.CANCELLED
    assert [log.level for log in result.logs] == ["ERROR"]
    assert "was stored within" in result.logs[0].message


def test_a_cell_whose_uploads_ended_keeps_its_end(case: Case) -> None:
    done: list[bool] = []
    case.recording.output.errands.add(lambda: done.append(True))
    result = case.end(ExecutionState.SUCCEEDED)
    assert (result.status, result.logs, done) == (ExecutionState.SUCCEEDED, [], [True])


def test_who_dies_before_the_end_is_sent_leaves_it_in_the_journal(case: Case, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        conclude(replace(case.tools, publisher=Dying()), case.recording, Verdict(ExecutionState.SUCCEEDED))
    found = Journal(tmp_path / "journal", tmp_path)
    state = found.read()
    assert (list(state.open), list(state.unacknowledged), list(state.failed_batches)) == ([], ["x"], [])
    body = unpack(found.kept_result("x")).body
    assert isinstance(body, Finished)
    assert body.result.status is ExecutionState.SUCCEEDED
