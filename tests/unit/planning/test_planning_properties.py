"""Whatever fails, comes late or comes twice: a run ends as if its nodes had been worked off one by one."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from run_model import OK, Case, Table, one_after_the_other

from broker_config.wire.states import NodeRunState as N
from broker_config.wire.states import RunState

ENDS = st.sampled_from([N.SUCCEEDED, N.FAILED, N.LOST, N.TIMED_OUT])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(1, 14))
    pairs = [(a, b) for b in range(size) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30)) if pairs else []
    return Case(
        size,
        edges,
        draw(st.dictionaries(st.integers(0, size - 1), st.lists(ENDS, max_size=4), max_size=size)),
        draw(st.dictionaries(st.integers(0, size - 1), st.integers(0, 3), max_size=size)),
        draw(st.integers(1, 4)),
        draw(st.integers(1, 6)),
    )


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_a_run_ends_as_the_sequential_model_does(case: Case, dice: random.Random) -> None:
    table = Table(case, dice)
    table.play()
    expected = one_after_the_other(case)
    assert {node: (row.state, row.attempt) for node, row in table.states().items()} == expected
    failed = any(state not in OK for state, _ in expected.values())
    assert table.outcome is (RunState.FAILED if failed else RunState.SUCCEEDED)


@given(cases(), st.randoms(use_true_random=False), st.integers(0, 40), st.booleans())
@settings(max_examples=300)
def test_a_run_that_is_cancelled_ends_and_starts_nothing_more(
    case: Case, dice: random.Random, moment: int, by_time: bool
) -> None:
    table = Table(case, dice)
    table.play(None if by_time else moment, moment if by_time else None)
    states = {row.state for row in table.states().values()}
    if table.outcome is RunState.SUCCEEDED:
        assert states <= OK
    elif table.outcome is RunState.TIMED_OUT:
        assert by_time
    elif table.outcome is RunState.CANCELLED:
        assert not by_time
        assert N.CANCELLED in states
    else:
        assert states & {N.FAILED, N.LOST, N.TIMED_OUT}


@given(cases(), st.randoms(use_true_random=False), st.data())
@settings(max_examples=150)
def test_a_run_of_some_nodes_runs_what_they_need_and_nothing_else(
    case: Case, dice: random.Random, data: st.DataObject
) -> None:
    target = data.draw(st.sampled_from(case.ids))
    wanted = case.graph().needed_for([target])
    table = Table(case, dice, wanted)
    table.play()
    expected = one_after_the_other(case)
    for node, row in table.states().items():
        if node in wanted:
            assert (row.state, row.attempt) == expected[node]
        else:
            assert row.state is N.SKIPPED
    assert {node for node, _ in table.started} <= wanted
