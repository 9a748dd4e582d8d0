"""Single decisions about a run, each as a table of states and what follows."""

from __future__ import annotations

import pytest
from run_model import Case

from broker_config.wire.states import NodeRunState as N
from broker_config.wire.states import RunState
from tasks.planning import Decision, Graph, NodeState, Retries, Rules, decide

NOW = 1000.0
DIAMOND = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


def decided(graph: Graph, states: dict[str, NodeState], rules: Rules | None = None, **how: bool) -> Decision:
    return decide(graph, states, rules or Rules({}, per_kernel=16), NOW, **how)


def started(decision: Decision) -> list[str]:
    return [one.node_id for one in decision.start]


def test_only_what_has_its_sources_begins() -> None:
    graph = Graph("abcd", DIAMOND)
    assert started(decided(graph, {})) == ["a"]
    assert started(decided(graph, {"a": NodeState(N.SUCCEEDED)})) == ["b", "c"]
    assert started(decided(graph, {"a": NodeState(N.CACHED), "b": NodeState(N.RUNNING)})) == ["c"]


def test_a_failed_node_skips_what_depends_on_it_and_nothing_else() -> None:
    graph = Graph("abcde", [*DIAMOND, ("c", "e")])
    states = {"a": NodeState(N.SUCCEEDED), "b": NodeState(N.FAILED), "c": NodeState(N.SUCCEEDED)}
    decision = decided(graph, states)
    assert [(one.node_id, one.because) for one in decision.skip] == [("d", "b")]
    assert started(decision) == ["e"]
    assert decision.outcome is None


def test_all_behind_a_failed_node_is_skipped_in_one_decision() -> None:
    case = Case(1000, [(n, n + 1) for n in range(999)])
    decision = decided(case.graph(), {"n0": NodeState(N.LOST)})
    assert len(decision.skip) == 999
    assert decision.outcome is RunState.FAILED


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (N.SUCCEEDED, RunState.SUCCEEDED),
        (N.CACHED, RunState.SUCCEEDED),
        (N.FAILED, RunState.FAILED),
        (N.LOST, RunState.FAILED),
        (N.TIMED_OUT, RunState.FAILED),
        (N.CANCELLED, RunState.CANCELLED),
        (N.RUNNING, None),
        (N.PENDING, None),
        (N.SKIPPED, RunState.SUCCEEDED),
    ],
)
def test_a_run_of_one_node_ends_as_that_node(state: N, outcome: RunState | None) -> None:
    assert decided(Graph("a", []), {"a": NodeState(state)}).outcome is outcome


def test_a_flow_without_nodes_has_succeeded() -> None:
    assert decided(Graph([], []), {}).outcome is RunState.SUCCEEDED


def test_retries_wait_longer_each_time_and_are_the_same_for_all_who_ask() -> None:
    graph = Graph("a", [], {"a": Retries(3, 10.0, 2.0, 0.25)})
    delays = []
    for attempt in (1, 2, 3):
        decision = decided(graph, {"a": NodeState(N.FAILED, attempt, finished_at=NOW)})
        assert decision == decided(graph, {"a": NodeState(N.FAILED, attempt, finished_at=NOW)})
        (retry,) = decision.retry
        assert (retry.attempt, decision.wait_until) == (attempt + 1, retry.not_before)
        delays.append(retry.not_before - NOW)
    assert all(base * 0.75 <= delay <= base * 1.25 for base, delay in zip((10, 20, 40), delays, strict=True))
    assert decided(graph, {"a": NodeState(N.FAILED, 4, finished_at=NOW)}).outcome is RunState.FAILED


def test_a_retry_whose_time_has_come_begins() -> None:
    graph = Graph("ab", [("a", "b")], {"a": Retries(1, 10.0)})
    waits = decided(graph, {"a": NodeState(N.PENDING, 2, NOW + 1)})
    assert (started(waits), waits.wait_until, waits.outcome) == ([], NOW + 1, None)
    (start,) = decided(graph, {"a": NodeState(N.PENDING, 2, NOW)}).start
    assert (start.node_id, start.attempt, start.again) == ("a", 2, True)
    (late,) = decided(graph, {"a": NodeState(N.FAILED, 1, finished_at=NOW - 60)}).start
    assert (late.attempt, late.again) == (2, False)


def test_no_more_is_in_flight_than_the_rules_say() -> None:
    graph = Graph("abcdefgh", [])
    kernels = dict(zip("abcdefgh", ["k", "k", "k", "k", "l", "l", "l", "l"], strict=True))
    assert started(decided(graph, {}, Rules(kernels, 16, 2))) == ["a", "b", "e", "f"]
    assert started(decided(graph, {}, Rules(kernels, 3, 2))) == ["a", "b", "e"]
    busy = {"a": NodeState(N.RUNNING), "e": NodeState(N.RUNNING)}
    assert started(decided(graph, busy, Rules(kernels, 3, 2))) == ["b"]


def test_what_most_has_to_follow_begins_first() -> None:
    graph = Graph("abcd", [("b", "c"), ("c", "d")])
    assert started(decided(graph, {}, Rules({}, 1))) == ["b"]


def test_a_cancelled_run_stops_what_runs_and_cancels_what_waits() -> None:
    graph = Graph("abc", [("a", "b")], {"c": Retries(5)})
    states = {"a": NodeState(N.RUNNING), "c": NodeState(N.FAILED, finished_at=NOW)}
    decision = decided(graph, states, cancelled=True)
    assert (decision.stop, [one.node_id for one in decision.cancel]) == (["a"], ["b"])
    assert (decision.start, decision.retry, decision.outcome) == ([], [], None)


def test_a_run_whose_time_is_up_is_timed_out_unless_all_was_done() -> None:
    graph = Graph("ab", [("a", "b")])
    cut = {"a": NodeState(N.SUCCEEDED), "b": NodeState(N.CANCELLED)}
    assert decided(graph, cut, timed_out=True).outcome is RunState.TIMED_OUT
    done = dict.fromkeys("ab", NodeState(N.SUCCEEDED))
    assert decided(graph, done, timed_out=True).outcome is RunState.SUCCEEDED


def test_a_graph_that_goes_in_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        Graph("ab", [("a", "b"), ("b", "a")])


def test_upstream_and_needed_reach_over_all_between() -> None:
    case = Case(5000, [(n, n + 1) for n in range(4999)])
    graph = case.graph()
    assert len(graph.upstream("n4999")) == 4999
    assert graph.needed_for(["n10"]) == frozenset(f"n{n}" for n in range(11))
