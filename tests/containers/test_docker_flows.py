"""Inputs, outputs, artifacts and the catalog between containers, and what outlives a container's restart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

TABLE = "flowfile.publish_output(pl.DataFrame({'x': [1, 2, 3]}))"
READ = "print(flowfile.read_input().collect()['x'].to_list())"
LARGE = "import numpy as np; flowfile.publish_artifact('large', np.arange(4_000_000, dtype='f8'))"


@pytest.fixture(scope="module")
def flow(docked: DockerStack) -> str:
    """A saved flow of ``a`` → ``b``; its id."""
    nodes = [{"id": one, "name": one, "type": "python_script", "settings": {}} for one in "ab"]
    connections = [{"from": "a", "to": "b"}]
    return str(docked.husk.flows.create({"name": "docked", "nodes": nodes, "connections": connections})["id"])


@pytest.fixture(scope="module")
def pair(docked: DockerStack) -> list[str]:
    """Two kernels, the second without the internet."""
    return [docked.ready(), docked.ready(network="isolated")]


def run(docked: DockerStack, uid: str, code: str, flow: str, node: str, **fields: Any) -> str:
    """What a run of a node prints."""
    fields = {"interactive": False, **fields}
    done = docked.run(uid, code, flow_id=flow, node_id=node, **fields)
    assert done["status"] == "succeeded", done["error"]
    return str(done["stdout"]).strip()


def names(docked: DockerStack, flow: str) -> set[str]:
    return {str(one["name"]) for one in docked.husk.artifacts.list(flow)}


def test_what_a_container_writes_another_reads(docked: DockerStack, pair: list[str], flow: str) -> None:
    one, two = pair
    run(docked, one, f"{TABLE}\n{LARGE}\nflowfile.publish_artifact('small', {{'a': 1}})", flow, "a")
    assert run(docked, two, READ, flow, "b") == "[1, 2, 3]"
    assert run(docked, one, READ, flow, "b") == "[1, 2, 3]"
    for uid in (two, one):
        code = "print(flowfile.read_artifact('large').sum(), flowfile.read_artifact('small'))"
        assert run(docked, uid, code, flow, "b") == "7999998000000.0 {'a': 1}"


def test_the_catalog_is_one_for_all_containers_of_an_owner(
    docked: DockerStack, pair: list[str], flow: str
) -> None:
    one, two = pair
    code = "print(flowfile.publish_global('docked', {'weights': [1.5]}, tags=['t']))"
    assert run(docked, one, code, flow, "a") == "1"
    assert docked.said(two, "print(flowfile.get_global('docked'))") == "{'weights': [1.5]}"


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({}, True),
        ({"recovery_mode": "eager"}, True),
        ({"recovery_mode": "clear"}, False),
        ({"persistence": False}, False),
    ],
)
def test_artifacts_outlive_a_restart_of_their_container_where_it_keeps_them(
    docked: DockerStack, fields: dict[str, Any], kept: bool
) -> None:
    uid = docked.ready(**fields)
    flow = "of-" + uid
    before = {one.id for one in docked.containers_of(uid)}
    docked.run(uid, "flowfile.publish_artifact('kept', list(range(5)))", flow_id=flow)
    docked.husk.kernels.restart(uid)
    wait_until(lambda: {one.id for one in docked.containers_of(uid)} - before, 60, "another container")
    docked.husk.kernels.wait_ready(uid, 120)
    said = docked.run(uid, "print(flowfile.read_artifact('kept'))", flow_id=flow)
    if kept:
        assert said["stdout"] == "[0, 1, 2, 3, 4]\n"
    else:
        assert said["error"]["type"] == "KeyError"
    docked.husk.kernels.delete(uid)


def test_a_deleted_kernel_takes_its_artifacts_along_and_leaves_its_outputs(
    docked: DockerStack, pair: list[str], flow: str
) -> None:
    uid = docked.ready()
    run(docked, uid, f"{TABLE}\nflowfile.publish_artifact('its own', 1)", flow, "a")
    assert "its own" in names(docked, flow)
    docked.husk.kernels.delete(uid)
    wait_until(lambda: uid not in {one["uid"] for one in docked.husk.kernels.list()}, 60, "it is deleted")
    assert names(docked, flow) == set()
    assert run(docked, pair[0], READ, flow, "b") == "[1, 2, 3]"
