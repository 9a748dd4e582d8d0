"""Faults of user code: cells that end, starve, flood or hold on to their runner."""

from __future__ import annotations

import time

import psutil

from broker_config.wire.states import EXECUTION_TERMINAL
from broker_config.wire.states import ExecutionState as X
from tests.integration.faults.evidence import Permits
from tests.integration.faults.fault import Fault
from tests.integration.faults.processes import part
from tests.integration.faults.striking import LOST_NAMESPACE
from tests.integration.faults.trial import Trial
from tests.integration.faults.workload import Body
from tests.waiting import wait_until

SMALL_GB = 0.5
OTHER_GB = 0.9
ENDS_S = 60.0
LEAST_LOOKS = 3
STILL_THERE_S = 1.0
USUAL_LATENCY_S = 0.5
MOST_LATENCY_S = 3.0
MOST_GROWTH_BYTES = 200_000_000
KEPT_BYTES = 2 * 1_048_576 + 4_096
FLOOD_BYTES = 1_000_000_000

HOARD = "hoard = []\nwhile True: hoard.append(bytearray(b'x') * 20_000_000); time.sleep(0.005)"
SWALLOW = """while True:
    try: time.sleep(0.02)
    except BaseException: pass"""
FLOOD = f"""time.sleep(0.3)
piece = ('x' * 999 + '\\n') * 100
print('the head')
for _ in range({FLOOD_BYTES} // len(piece)): print(piece, end='')
print('the tail')"""


def after_a_while(code: str) -> Body:
    """A cell that works, then does this."""
    return lambda _index, seconds: f"time.sleep({seconds:.4f})\n{code}"


def nothing(_trial: Trial) -> None:
    """The cell itself is the fault; it strikes at its own moment."""


def ends_as(*kinds: tuple[X, str]) -> Permits:
    """The first cell ends so, its namespace with it."""
    return Permits(first=frozenset(kinds), people=LOST_NAMESPACE, first_succeeds=False)


def cancel_then_kill(trial: Trial) -> None:
    """What a person does: cancel, see that it runs on, kill."""
    husk, first = trial.world.husk, trial.first_id
    husk.executions.cancel(first)
    began = time.monotonic()
    while time.monotonic() < began + STILL_THERE_S:
        assert husk.executions.get(first)["status"] == X.RUNNING, "a cancel killed by itself"
    husk.executions.cancel(first, kill=True)


def watch_a_flood(trial: Trial) -> None:
    """Until the first cell ended: 1+1 elsewhere, and how much memory agent and web take."""
    world = trial.world
    other = world.kernels.ready(OTHER_GB)
    init = world.kernels.init_pid(trial.uid)
    watched = [
        part(init, "agent"),
        *psutil.Process(world.stack.child("web").pid).children(),
    ]
    before = [process.memory_info().rss for process in watched]
    latencies: list[float] = []
    most = list(before)

    def ended() -> bool:
        began = time.monotonic()
        for _event in world.husk.run(other, "1+1"):
            pass
        latencies.append(time.monotonic() - began)
        for at, process in enumerate(watched):
            most[at] = max(most[at], process.memory_info().rss)
        return trial.row(trial.first_id).status in EXECUTION_TERMINAL

    wait_until(ended, ENDS_S, "the end of 1 GB")
    trial.facts = {"latencies": latencies, "growth": [m - b for m, b in zip(most, before, strict=True)]}


def check_flood(trial: Trial) -> list[str]:
    """Head and tail are kept, memory was bounded, the other kernel kept its pace."""
    shown = trial.world.husk.executions.get(trial.first_id)
    latencies, growth, wrong = sorted(trial.facts["latencies"]), trial.facts["growth"], []
    text = shown["stdout"]
    if not (text.startswith("the head\n") and text.endswith("the tail\n") and len(text) <= KEPT_BYTES):
        wrong.append(f"kept {len(text)} bytes: {text[:20]!r} to {text[-20:]!r}")
    if not shown["truncated"]:
        wrong.append("nothing says that output was left out")
    if len(latencies) < LEAST_LOOKS:
        wrong.append(f"only {len(latencies)} looks while it printed")
    if latencies[len(latencies) // 2] > USUAL_LATENCY_S or latencies[-1] > MOST_LATENCY_S:
        wrong.append(
            f"1+1 elsewhere took {latencies[len(latencies) // 2]:.3f}, at most {latencies[-1]:.3f} s"
        )
    if max(growth) > MOST_GROWTH_BYTES:
        wrong.append(f"agent, web grew by {growth} bytes")
    return wrong


FAULTS = (
    Fault(
        "os._exit(0)", nothing, ends_as((X.FAILED, "RunnerDied")), after_a_while("os._exit(0)"), by_cell=True
    ),
    Fault(
        "segfault",
        nothing,
        ends_as((X.FAILED, "RunnerDied")),
        after_a_while("import ctypes; ctypes.string_at(0)"),
        by_cell=True,
    ),
    Fault(
        "out of memory",
        nothing,
        ends_as((X.FAILED, "OutOfMemory")),
        after_a_while(HOARD),
        memory_gb=SMALL_GB,
        by_cell=True,
    ),
    Fault(
        "sys.exit()",
        nothing,
        Permits(first=frozenset({(X.FAILED, "SystemExit")}), first_succeeds=False),
        after_a_while("import sys; sys.exit()"),
        by_cell=True,
    ),
    Fault(
        "interrupts swallowed",
        cancel_then_kill,
        ends_as((X.CANCELLED, "Killed")),
        lambda _index, _seconds: SWALLOW,
    ),
    Fault(
        "1 GB printed", watch_a_flood, first=lambda _index, _seconds: FLOOD, by_cell=True, check=check_flood
    ),
)
