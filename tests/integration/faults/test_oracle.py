"""The oracle itself: each invariant broken once on paper, so that a clean verdict means something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker_config.wire.states import ExecutionState as X
from tests.integration.faults import table, traces
from tests.integration.faults.evidence import Ended, Permits, Round
from tests.integration.faults.oracle import judge

GONE = {"type": "NamespaceLost", "message": "the namespace is gone; nothing was run"}
DIED = {"type": "RunnerDied", "message": "the kernel's process was ended by SIGKILL"}
NOT_BEGUN = {"type": "AgentDied", "message": "the agent died; nothing was run; run it again"}


def ended(index: int, status: X = X.SUCCEEDED, **fields: object) -> Ended:
    """Cell ``index`` of people's queue; its seq is 10 more."""
    plain = Ended(f"id{index}", index, 10 + index, True, None, status, None)
    return replace(plain, **fields)  # type: ignore[arg-type]


def played(rows: list[Ended], begun: list[int], done: list[int] | None = None, **fields: object) -> Round:
    """A round in which these rows ended so and these cells noted themselves."""
    trace = traces.Trace(begun, begun if done is None else done)
    plain = Round(rows, [row.id for row in rows], trace, Permits())
    return replace(plain, **fields)  # type: ignore[arg-type]


def broken(one: Round) -> set[str]:
    """The invariants about which it complains."""
    return {name for name, complaints in judge(one).items() if complaints}


def test_a_round_in_which_all_is_well_is_clean() -> None:
    assert broken(played([ended(0), ended(1), ended(2, interactive=False)], [0, 2, 1])) == set()


@pytest.mark.parametrize("status", [X.QUEUED, X.RUNNING])
def test_one_that_never_ends_breaks_the_first(status: X) -> None:
    assert "I1" in broken(played([ended(0), ended(1, status)], [0]))


def test_an_end_that_changed_breaks_the_first() -> None:
    assert broken(played([ended(0)], [0], changed=["id0 ended twice"])) == {"I1"}


def test_a_second_run_breaks_the_second() -> None:
    assert "I2" in broken(played([ended(0), ended(1)], [0, 1, 0]))


def test_overtaking_within_a_queue_breaks_the_third() -> None:
    rows = [ended(0), ended(1), ended(2)]
    assert broken(played(rows, [0, 2, 1])) == {"I3"}
    assert broken(played(rows, [0, 2, 1], permits=Permits(again=1))) == set()
    assert broken(played(rows, [2, 0, 1], permits=Permits(again=1))) == {"I3"}


def test_one_that_is_not_in_the_ledger_breaks_the_eighth() -> None:
    assert broken(played([ended(0)], [0], accepted=["id0", "id1"])) == {"I8"}


def test_succeeded_without_a_run_or_half_run_breaks_the_eighth() -> None:
    assert broken(played([ended(0), ended(1)], [0])) == {"I8"}
    assert broken(played([ended(0)], [0], done=[])) == {"I8"}


def test_nothing_was_run_is_false_where_something_ran() -> None:
    permits = Permits(people=frozenset({(X.FAILED, "NamespaceLost")}))
    rows = [ended(0), ended(1, X.FAILED, error=GONE)]
    assert broken(played(rows, [0], permits=permits)) == set()
    assert broken(played(rows, [0, 1], permits=permits)) == {"I8"}


def test_an_end_that_this_fault_cannot_bring_about_breaks_the_eighth() -> None:
    rows = [ended(0), ended(1, X.FAILED, error=DIED)]
    assert broken(played(rows, [0])) == {"I8"}
    assert broken(played(rows, [0], permits=Permits(once=frozenset({(X.FAILED, "RunnerDied")})))) == set()


def test_what_only_one_may_suffer_may_not_happen_to_two() -> None:
    permits = Permits(once=frozenset({(X.FAILED, "AgentDied")}))
    rows = [ended(index, X.FAILED, error=NOT_BEGUN) for index in (1, 2)]
    assert broken(played([ended(0), rows[0]], [0], permits=permits)) == set()
    assert broken(played([ended(0), *rows], [0], permits=permits)) == {"I8"}


def test_a_first_cell_that_must_not_succeed_did() -> None:
    permits = Permits(first=frozenset({(X.FAILED, "RunnerDied")}), first_succeeds=False)
    assert broken(played([ended(0)], [0], permits=permits)) == {"I8"}


def test_an_interactive_cell_in_another_namespace_than_its_own_breaks_the_eighth() -> None:
    assert broken(played([ended(0, epoch="a", generation="a")], [0])) == set()
    assert broken(played([ended(0, epoch="a", generation="b")], [0])) == {"I8"}


def test_skipped_needs_an_earlier_failure_in_its_batch() -> None:
    permits = Permits(first=frozenset({(X.FAILED, "RunnerDied")}))
    rest = ended(1, X.SKIPPED, batch_id="b")
    failed = ended(0, X.FAILED, error=DIED, batch_id="b")
    assert broken(played([failed, rest], [0], permits=permits)) == set()
    assert broken(played([replace(failed, batch_id="c"), rest], [0], permits=permits)) == {"I8"}
    assert broken(played([failed, rest], [0, 1], permits=permits)) == {"I8"}


def test_the_table_counts_rounds_and_names_what_was_broken() -> None:
    good: dict[str, list[str]] = {name: [] for name in ("I1", "I2", "I3", "I8", "reconciled")}
    outcomes = [
        table.Outcome("redis killed", 20, 1.25, good),
        table.Outcome("redis killed", 41, 3.5, {**good, "I2": ["cell 1 ran 2 times"]}),
        table.Outcome("web killed", 0, None, None),
    ]
    head, redis, web = table.lines(outcomes)
    assert head.split() == ["fault", "rounds", "passed", "open", "longest,", "s", *good]
    assert redis.split() == ["redis", "killed", "2", "1", "30", "3.5", "ok", "✗1", "ok", "ok", "ok"]
    assert web.split() == ["web", "killed", "1", "0", "0", "-", "?", "?", "?", "?", "?"]
