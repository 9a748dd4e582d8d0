"""What has to be done about one kernel: decided from values, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from broker_config.wire.states import DesiredState, KernelState
from tasks.environments.progress import Progress

RESTART = "restart-"
"""An intent's nonce begins with this when what runs has to end first."""
LIVE = frozenset({KernelState.STARTING, KernelState.READY, KernelState.UNRESPONSIVE})


class Action(StrEnum):
    """One step; after it the kernel is looked at again."""

    NOTHING = "nothing"
    START = "start"
    BUILD = "build"  # a start needs an environment that is not there: see that somebody builds it
    NOT_BUILT = "not_built"  # its environment could not be built: an error
    STOP = "stop"  # for good: ends in `stopped`
    END = "end"  # what runs goes, the state stays for the step that follows
    DELETE = "delete"
    ADOPT = "adopt"  # it runs as it should: note which process, and for which intent
    DIED = "died"  # it ended by itself: an error
    TIMED_OUT = "timed_out"  # it did not become ready in time: an error
    HUNG = "hung"  # it does not answer, and nothing runs in it: an error


@dataclass(frozen=True, slots=True)
class View:
    """A kernel's row and its process. ``tried`` is the intent for which it was started or given up last.

    ``known``: the row names this very process. ``unwatched``: it may have died while no lifecycle
    worker was there. ``overdue``: it is in its state for longer than a start may take. By its policy,
    ``again``: it failed, and shall be started again now; ``hung``: it is silent and idle, and shall end.
    """

    desired: DesiredState
    state: KernelState
    intent: str | None
    tried: str | None
    spawned: bool
    alive: bool
    known: bool
    unwatched: bool
    overdue: bool
    again: bool = False
    hung: bool = False

    @property
    def new_intent(self) -> bool:
        """Somebody asked since it was started or given up."""
        return self.tried != self.intent

    @property
    def restart(self) -> bool:
        """What runs must be replaced."""
        return self.new_intent and (self.intent or "").startswith(RESTART)


def decide(view: View) -> Action:
    """The next step."""
    if view.desired is DesiredState.DELETED:
        return Action.DELETE
    if view.desired is DesiredState.STOPPED:
        settled = view.state is KernelState.STOPPED and not view.alive
        return Action.NOTHING if settled else Action.STOP
    return _living(view) if view.alive else _gone(view)


def _living(view: View) -> Action:
    if view.restart or view.state not in LIVE:
        return Action.END
    if view.state is KernelState.STARTING and view.overdue:
        return Action.TIMED_OUT
    if view.hung and view.state is KernelState.UNRESPONSIVE:
        return Action.HUNG
    if view.new_intent or not view.known:
        return Action.ADOPT
    return Action.NOTHING


def _gone(view: View) -> Action:
    if view.state is KernelState.ERROR:
        return Action.START if view.new_intent or view.again else Action.NOTHING
    if view.state not in LIVE or view.unwatched:
        return Action.START
    if view.state is KernelState.STARTING and not view.spawned:
        return Action.TIMED_OUT if view.overdue else Action.START
    return Action.START if view.new_intent else Action.DIED


def with_environment(state: KernelState, progress: Progress) -> Action:
    """The next step instead of ``START``, for a kernel whose packages have a lock."""
    building = state is KernelState.BUILDING
    if progress is Progress.THERE:
        return Action.START
    if progress is Progress.FAILED:
        return Action.NOT_BUILT if building else Action.BUILD
    return Action.NOTHING if building and progress is Progress.RUNNING else Action.BUILD
