"""Publishers on several kernels while desk, recorder and agents are killed: what is there is whole."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle

import pytest

from broker_config.wire.states import ExecutionState as X
from tasks.ledger import artifacts, catalog
from tasks.ledger.artifacts import CELLS, RUN, Place
from tasks.ledger.models import CatalogVersion, Execution
from tests.integration.flow_rows import document
from tests.integration.flow_world import FlowWorld, flow_world
from tests.integration.kernel_fixture import KernelUnderTest
from tests.integration.weed import read
from tests.waiting import wait_until

KERNELS = 3
RUNS = 24
STRIKES = 6
ALL_S = 150.0
CODE = """
import numpy
flowfile.publish_artifact('a{n}', numpy.full(200_000, {n}.0))
flowfile.publish_output(pl.DataFrame({{'n': [{n}] * 1000}}))
print(flowfile.publish_global('model', {{'n': {n}}}, tags=['t{n}']))
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowWorld]:
    with flow_world(tmp_path_factory.mktemp("world")) as world:
        yield world


def strike(
    world: FlowWorld, kernels: list[KernelUnderTest], dice: random.Random, ended: threading.Event
) -> None:
    """Kill one after the other, with some of a second between."""
    victims = cycle(dice.sample(["desk", "recorder", "agent"], 3))
    for _ in range(STRIKES):
        if ended.wait(dice.uniform(0.3, 1.5)):
            return
        victim = next(victims)
        if victim == "agent":
            os.kill(dice.choice(kernels).agent_pid, signal.SIGKILL)
        else:
            world.plane.kill(victim)
            ended.wait(0.2)
            world.plane.start(victim)


def versions(world: FlowWorld) -> list[CatalogVersion]:
    with world.plane.services.ledger.read() as s:
        return catalog.entries(s, world.owner.id, catalog.Search(), None, 999)[0]


def is_whole(world: FlowWorld, key: str | None, size: int, sha256: str) -> bool:
    data = read(world.plane.services.store, str(key))
    return (len(data), hashlib.sha256(data).hexdigest()) == (size, sha256)


@pytest.mark.faults
def test_what_is_visible_after_a_storm_is_whole_and_of_runs_that_succeeded(world: FlowWorld) -> None:
    dice = random.Random()
    flow = world.flow(document("abc"))
    ended = threading.Event()
    with ExitStack() as kept:
        kernels = [kept.enter_context(world.kernel()) for _ in range(KERNELS)]
        sent = {
            world.send(kernels[n % KERNELS], CODE.format(n=n), flow, "abc"[n % KERNELS]): n
            for n in range(RUNS)
        }
        striking = threading.Thread(target=strike, args=[world, kernels, dice, ended])
        striking.start()
        try:
            world.plane.until_ended(list(sent), ALL_S, tick=True)
        finally:
            ended.set()
            striking.join(30)
        wait_until(lambda: tidy(world), 30, "housekeeping is done")
        rows = {one: world.plane.execution(one) for one in sent}
        succeeded = {one for one, row in rows.items() if row.status == X.SUCCEEDED}
        found = versions(world)
        for row in rows.values():
            fits = row.error is None or row.error["type"].startswith("Storage")
            assert fits, f"{row.error}\n{log_of(kernels, row.kernel_uid)}"
        # A version is published when the call returns; how its run ended afterwards does not matter.
        by_execution = {row.execution_id: row for row in found}
        assert len(by_execution) == len(found)
        assert succeeded <= by_execution.keys() <= sent.keys()
        assert sorted(row.version or 0 for row in found) == list(range(1, len(found) + 1))
        for row in found:
            assert row.tags == [f"t{sent[row.execution_id]}"]
            assert not row.damaged
            assert is_whole(world, row.object_key, row.size, row.sha256)
        place = Place(world.owner.id, flow)
        with world.plane.services.ledger.read() as s:
            local = artifacts.seen(s, place, RUN)
            assert artifacts.seen(s, place, CELLS) == local
        # Of each node what its last run that succeeded published, and nothing else.
        last = {f"a{sent[one]}" for node in "abc" for one in last_of(rows, succeeded, node)}
        assert {row.name for row in local} == last
        for artifact in local:
            assert artifact.name == f"a{sent[artifact.execution_id]}"
            assert is_whole(world, artifact.object_key, artifact.size, artifact.sha256)
        for output in world.outputs(flow).values():
            assert output.execution_id in succeeded
            assert not output.damaged
            assert is_whole(world, output.object_key, output.size, output.sha256)
        assert {row.name for row in local} == {
            f"a{sent[output.execution_id]}" for output in world.outputs(flow).values()
        }


def last_of(rows: dict[str, Execution], succeeded: set[str], node: str) -> list[str]:
    """The run of a node that ended last of those that succeeded: runs of one kernel end in their order."""
    mine = [one for one in succeeded if rows[one].node_id == node]
    return sorted(mine, key=lambda one: rows[one].seq)[-1:]


def log_of(kernels: list[KernelUnderTest], uid: str) -> str:
    return next(kernel.log for kernel in kernels if kernel.uid == uid)[-8000:]


def tidy(world: FlowWorld) -> bool:
    world.plane.housekeeping.tick()
    with world.plane.services.ledger.read() as s:
        return not catalog.unpromoted(s, 1)
