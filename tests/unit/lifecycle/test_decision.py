"""What is done about a kernel, for every wish, state and process."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from broker_config.wire.states import KERNEL_TRANSITIONS, DesiredState, KernelState
from tasks.environments.progress import Progress
from tasks.kernels.decision import LIVE, RESTART, Action, View, decide, with_environment

K, RUN, STOP = KernelState, DesiredState.RUNNING, DesiredState.STOPPED
CALM = View(
    desired=RUN,
    state=K.READY,
    intent="a",
    tried="a",
    spawned=True,
    alive=True,
    known=True,
    unwatched=False,
    overdue=False,
)
GONE = replace(CALM, alive=False, known=False)
STORED = [state for state in KernelState if state is not K.EXECUTING]
FLAGS = list(product([True, False], repeat=5))


def views(state: KernelState) -> list[View]:
    return [
        View(desired, state, "a", tried, spawned, alive, known and alive, unwatched, overdue, policy, policy)
        for desired in DesiredState
        for tried in ("a", "b", None)
        for policy in (False, True)
        for spawned, alive, known, unwatched, overdue in FLAGS
    ]


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_kernel_that_runs_as_it_should_is_left_alone(state: KernelState) -> None:
    assert decide(replace(CALM, state=state)) is Action.NOTHING


def test_a_kernel_that_died_is_an_error_and_is_not_started_again_by_itself() -> None:
    assert decide(GONE) is Action.DIED
    assert decide(replace(GONE, state=K.ERROR)) is Action.NOTHING
    assert decide(replace(GONE, state=K.ERROR, intent="b")) is Action.START


def test_a_kernel_that_failed_is_started_again_when_its_policy_says_so() -> None:
    due = replace(GONE, state=K.ERROR, again=True)
    assert decide(due) is Action.START
    assert decide(replace(due, desired=STOP)) is Action.STOP
    assert decide(replace(due, desired=DesiredState.DELETED)) is Action.DELETE


def test_a_kernel_that_is_silent_and_idle_ends_unless_somebody_wants_something_else() -> None:
    silent = replace(CALM, state=K.UNRESPONSIVE, hung=True)
    assert decide(silent) is Action.HUNG
    assert decide(replace(silent, state=K.READY)) is Action.NOTHING
    assert decide(replace(silent, desired=STOP)) is Action.STOP
    assert decide(replace(silent, intent=RESTART + "b")) is Action.END


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_kernel_that_died_unwatched_is_started_again(state: KernelState) -> None:
    assert decide(replace(GONE, state=state, unwatched=True)) is Action.START


def test_a_start_that_was_asked_for_after_the_death_counts() -> None:
    assert decide(replace(GONE, intent="b")) is Action.START


def test_a_restart_ends_what_runs_once() -> None:
    wanted = replace(CALM, intent=RESTART + "b")
    assert decide(wanted) is Action.END
    assert decide(replace(wanted, tried=RESTART + "b")) is Action.NOTHING


def test_a_plain_start_of_what_runs_is_only_noted() -> None:
    assert decide(replace(CALM, intent="b")) is Action.ADOPT
    assert decide(replace(CALM, known=False)) is Action.ADOPT


def test_a_start_that_takes_too_long_is_over_with_or_without_a_process() -> None:
    late = replace(CALM, state=K.STARTING, overdue=True)
    assert decide(late) is Action.TIMED_OUT
    assert decide(replace(late, alive=False, known=False, spawned=False)) is Action.TIMED_OUT
    assert decide(replace(late, alive=False, known=False, spawned=False, overdue=False)) is Action.START
    assert decide(replace(CALM, overdue=True)) is Action.NOTHING


@pytest.mark.parametrize("view_state", STORED)
def test_wishes_to_stop_and_delete_are_never_answered_by_a_start(view_state: KernelState) -> None:
    for view in views(view_state):
        action = decide(view)
        if view.desired is DesiredState.DELETED:
            assert action is Action.DELETE, view
        elif view.desired is STOP:
            settled = view.state is K.STOPPED and not view.alive
            assert action is (Action.NOTHING if settled else Action.STOP), view
        else:
            assert action not in {Action.STOP, Action.DELETE}, view
            assert not (view.alive and action is Action.START), view
            assert view.alive or action not in {Action.END, Action.ADOPT, Action.HUNG}, view


def test_a_kernel_that_is_building_goes_on_when_its_environment_is_there_and_ends_when_somebody_says_so() -> (
    None
):
    building = replace(GONE, state=K.BUILDING, spawned=False, tried=None)
    assert decide(building) is Action.START
    assert decide(replace(building, overdue=True)) is Action.START
    assert decide(replace(building, desired=STOP)) is Action.STOP
    assert decide(replace(building, desired=DesiredState.DELETED)) is Action.DELETE
    assert decide(replace(building, alive=True)) is Action.END


@pytest.mark.parametrize("state", STORED)
def test_a_start_waits_for_its_environment_and_installs_nothing_where_it_is_there(state: KernelState) -> None:
    building = state is K.BUILDING
    assert {progress: with_environment(state, progress) for progress in Progress} == {
        Progress.THERE: Action.START,
        Progress.MISSING: Action.BUILD,
        Progress.RUNNING: Action.NOTHING if building else Action.BUILD,
        # A failure before it waited is not its own: it is tried again.
        Progress.FAILED: Action.NOT_BUILT if building else Action.BUILD,
    }


@pytest.mark.parametrize("state", sorted({*STORED} - {K.BUILDING}))
def test_every_state_that_a_start_begins_in_can_become_building(state: KernelState) -> None:
    assert K.BUILDING in KERNEL_TRANSITIONS[state]
