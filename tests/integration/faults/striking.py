"""Faults of processes: killed, frozen, emptied."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

from broker_config.wire.states import ExecutionState as X
from tests.integration.faults.evidence import Permits
from tests.integration.faults.fault import Fault
from tests.integration.faults.processes import frozen, kill_line, part, pause
from tests.integration.faults.trial import Trial

FROZEN_S = 5.0
LOST_NAMESPACE = frozenset({(X.FAILED, "NamespaceLost")})
RUNNER_DIED = frozenset({(X.FAILED, "RunnerDied")})
AGENT_DIED = frozenset({(X.FAILED, "AgentDied"), (X.LOST, "AgentDied")})
KERNEL_DIED = frozenset({(X.LOST, "KernelDied"), (X.FAILED, "RunnerDied"), (X.FAILED, "AgentDied")})

Strike = Callable[[Trial], None]

OF_AGENT = Permits(once=AGENT_DIED, again=1)
OF_RUNNER = Permits(people=LOST_NAMESPACE, once=RUNNER_DIED)
OF_KERNEL = Permits(people=LOST_NAMESPACE, once=KERNEL_DIED, again=1)


def line(name: str) -> Strike:
    """kill -9 of what a line of the Procfile runs."""
    return lambda trial: kill_line(trial.world.stack, name)


def of_kernel(name: str) -> Strike:
    """kill -9 of a part of the kernel."""
    return lambda trial: part(trial.world.kernels.init_pid(trial.uid), name).kill()


def freeze_redis(trial: Trial) -> None:
    """SIGSTOP, and SIGCONT after a time longer than some client's patience."""
    with frozen(psutil.Process(trial.world.stack.child("redis").pid)):
        pause(FROZEN_S)


def empty_redis(trial: Trial) -> None:
    """FLUSHALL."""
    trial.world.services.redis.flushall()


def kill_web(trial: Trial) -> None:
    """kill -9 of gunicorn's master, or of its one worker."""
    master = psutil.Process(trial.world.stack.child("web").pid)
    workers = master.children()
    (master if trial.dice.random() < 0.5 or not workers else workers[0]).kill()


def kill_everything(trial: Trial) -> None:
    """kill -9 of ``husk up``, wrappers, lines and kernels at once; then ``husk up`` again."""
    trial.world.stack.kill_all()
    trial.struck = time.time()
    trial.world.stack.up()


FAULTS = (
    Fault("redis killed", line("redis")),
    Fault("redis frozen 5 s", freeze_redis),
    Fault("redis emptied", empty_redis),
    Fault("agent killed", of_kernel("agent"), OF_AGENT),
    Fault("runner killed", of_kernel("runner"), OF_RUNNER),
    Fault("init killed", of_kernel("init"), OF_KERNEL),
    Fault("web killed while cells are sent", kill_web, while_sending=True),
    *(Fault(f"{name} killed", line(name)) for name in ("recorder", "lifecycle", "desk", "flows", "beat")),
    Fault("everything killed", kill_everything, OF_KERNEL),
)
