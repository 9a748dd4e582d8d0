"""How executions are judged, from values alone."""

from __future__ import annotations

import math

import pytest

from broker_config.wire.events import CellError
from broker_config.wire.frames import Done
from broker_config.wire.messages import Epoch, ExecuteCell
from broker_config.wire.states import ExecutionState as X
from kernel_worker.agent import verdicts
from kernel_worker.agent.init_client import Ending
from kernel_worker.agent.journal import Claim
from kernel_worker.agent.relay import Deadline
from kernel_worker.agent.verdicts import (
    KillReason,
    Recovery,
    Verdict,
    finite,
    judge_death,
    judge_done,
    judge_outside,
    recover,
    refuse,
)


def cell(epoch: Epoch | None = None, batch_id: str | None = None) -> ExecuteCell:
    return ExecuteCell("id", "1", "", None, True, None, epoch, batch_id, batch_id is not None)


def ending(**facts: object) -> Ending:
    values: dict[str, object] = {"exit_code": 0, "signal": None, "kill_reason": None, "oom": False}
    return Ending(generation="g", **{**values, "peak_bytes": None, **facts})  # type: ignore[arg-type]


def done(status: str, error: CellError | None = None) -> Done:
    return Done("id", status, 1, 0.1, 0.1, None, error)


def test_a_cell_without_an_epoch_runs_in_any_generation() -> None:
    assert refuse(cell(), "g", frozenset(), "") is None
    assert refuse(cell(Epoch("g", 3)), "g", frozenset(), "") is None


def test_a_cell_of_another_generation_is_refused_and_says_why() -> None:
    verdict = refuse(cell(Epoch("old", 0)), "g", frozenset(), "it was killed")
    assert verdict is not None
    assert verdict.error is not None
    assert (verdict.status, verdict.error.type) == (X.FAILED, "NamespaceLost")
    assert "it was killed" in verdict.error.message


def test_a_cell_of_a_failed_batch_is_skipped() -> None:
    verdict = refuse(cell(batch_id="b"), "g", frozenset({"b"}), "")
    assert verdict is not None
    assert verdict.status is X.SKIPPED


@pytest.mark.parametrize(
    ("facts", "status", "kind", "words"),
    [
        ({"exit_code": 3}, X.FAILED, "RunnerDied", "exit code 3"),
        ({"exit_code": None, "signal": "SIGSEGV"}, X.FAILED, "RunnerDied", "SIGSEGV"),
        ({"oom": True, "peak_bytes": 2_100_000_000}, X.FAILED, "OutOfMemory", "2.00 GB, peak 2.10 GB"),
        ({"kill_reason": "oom"}, X.FAILED, "OutOfMemory", "limit is 2.00 GB"),
        ({"kill_reason": "timeout"}, X.TIMED_OUT, "TimedOut", "longer than 5 s"),
        ({"kill_reason": "kill"}, X.CANCELLED, "Killed", "on request"),
        ({"kill_reason": "stop"}, X.CANCELLED, "Killed", "stopped"),
        ({"kill_reason": "stuck"}, X.FAILED, "RunnerDied", "did not answer"),
    ],
)
def test_a_death_is_named(facts: dict[str, object], status: X, kind: str, words: str) -> None:
    verdict = judge_death(ending(**facts), 2_000_000_000, 5.0)
    assert verdict.error is not None
    assert (verdict.status, verdict.error.type) == (status, kind)
    assert words in verdict.error.message


def test_every_reason_to_kill_has_its_words() -> None:
    unknown = judge_death(None, 1, None).error
    for reason in KillReason:
        error = judge_death(ending(kill_reason=str(reason)), 1, 1.0).error
        assert error is not None
        assert unknown is not None
        assert error.message != unknown.message


def test_what_the_runner_says_is_believed_within_bounds() -> None:
    huge = CellError("T" * 9_999, "m" * 999_999, ["x" * 200_000] * 5)
    verdict = judge_done(done("failed", huge), timed_out=False, timeout_s=None)
    assert verdict.error is not None
    assert len(verdict.error.type) <= verdicts.LONGEST_TYPE
    assert len(verdict.error.message) <= verdicts.LONGEST_MESSAGE
    assert sum(map(len, verdict.error.traceback)) < verdicts.LONGEST_TRACEBACK + 100
    assert judge_done(done("lost"), timed_out=False, timeout_s=None).status is X.FAILED
    assert judge_done(done("nonsense"), timed_out=False, timeout_s=None).status is X.FAILED


def test_a_cell_that_was_interrupted_for_its_time_is_timed_out_but_one_that_made_it_is_not() -> None:
    assert judge_done(done("cancelled"), timed_out=True, timeout_s=1.0).status is X.TIMED_OUT
    assert judge_done(done("succeeded"), timed_out=True, timeout_s=1.0).status is X.SUCCEEDED
    assert judge_done(done("cancelled"), timed_out=False, timeout_s=1.0).status is X.CANCELLED


def test_a_stop_from_outside_fails_what_it_interrupted_and_leaves_other_ends_alone() -> None:
    trace = CellError("KeyboardInterrupt", "", ["line 3"], 3)
    told = CellError("KernelStopped", "somebody", ["line 3"], 3)
    assert judge_outside(Verdict(X.CANCELLED, trace), "somebody") == Verdict(X.FAILED, told)
    for status in set(X) - {X.CANCELLED}:
        assert judge_outside(Verdict(status, trace), "somebody") == Verdict(status, trace)
    killed = judge_death(ending(kill_reason="stop"), 1, None)
    assert judge_outside(killed, "somebody").status is X.FAILED


@pytest.mark.parametrize(
    ("generation", "known", "decided"),
    [
        ("g", None, Recovery.ADOPT),
        ("new", ending(), Recovery.RUNNER_DIED),
        ("new", None, Recovery.LOST),
        ("", None, Recovery.LOST),
    ],
)
def test_an_open_claim_is_adopted_or_closed(generation: str, known: Ending | None, decided: Recovery) -> None:
    assert recover(Claim("id", "g", 0.0, began=True), generation, known) is decided


def test_numbers_that_json_cannot_carry_are_dropped() -> None:
    assert [finite(value) for value in (1.5, math.nan, math.inf, None)] == [1.5, None, None, None]


def test_a_deadline_interrupts_twice_then_kills() -> None:
    deadline = Deadline(5.0, started=100.0)
    assert deadline.due(104.9) is None
    assert not deadline.passed
    seen = [(now, deadline.due(now)) for now in (105.0, 105.1, 107.0, 114.9, 115.0, 200.0)]
    assert [step for _now, step in seen] == ["interrupt", None, "interrupt", None, "kill", None]
    assert deadline.passed
    assert Deadline(None, 0.0).due(1e9) is None
