"""What a kernel's network reaches: Redis and S3 on the gateway, and of ours nothing else."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from broker_config.settings import Settings
from tasks.runtimes.engine import Engine
from tasks.runtimes.networks import Networks
from tests.containers.docker_stack import DockerStack, as_json

TRY = """
import json, socket
def reach(address, port):
    try:
        socket.create_connection((address, port), 2).close()
        return True
    except OSError:
        return False
print(json.dumps([reach(*one) for one in {wanted!r}]))
"""
LAB = ipaddress.ip_network("198.18.0.0/15")
"""Addresses of laboratories; a test takes four of them, for a network namespace of its own."""
SERVE = "import socket; s = socket.create_server(('0.0.0.0', 7777)); print('up', flush=True); s.accept()"


@pytest.fixture(scope="module", params=["internet", "isolated"])
def uid(request: pytest.FixtureRequest, docked: DockerStack) -> Iterator[str]:
    made = docked.ready(network=request.param)
    yield made
    docked.husk.kernels.delete(made)


def gateway_of(docked: DockerStack, uid: str) -> str:
    """This host's address on the kernel's network."""
    return str(docked.container(uid).labels["husk.gateway"])


def reached(docked: DockerStack, uid: str, *wanted: tuple[str, int]) -> list[bool]:
    """What of these a cell can connect to."""
    return list(as_json(docked.said(uid, TRY.replace("{wanted!r}", repr(list(wanted))))))


@contextmanager
def outside() -> Iterator[tuple[str, int]]:
    """A host that is neither this one nor a container, with a server on it."""
    name = f"out{secrets.token_hex(3)}"
    first = 4 * secrets.randbelow(LAB.num_addresses // 4)
    host, there = LAB[first + 1], LAB[first + 2]
    steps = [
        f"ip netns add {name}",
        f"ip link add {name} type veth peer name inner netns {name}",
        f"ip addr add {host}/30 dev {name}",
        f"ip link set {name} up",
        f"ip -n {name} addr add {there}/30 dev inner",
        f"ip -n {name} link set inner up",
        f"ip -n {name} route add default via {host}",
    ]
    try:
        for step in steps:
            subprocess.run(step.split(), check=True, capture_output=True, timeout=10)
        command = ["ip", "netns", "exec", name, sys.executable, "-c", SERVE]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"up\n"
            yield str(there), 7777
            server.kill()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True, timeout=10)


def test_a_network_in_a_given_subnet_tells_its_gateway(engine_settings: Settings, tmp_path: Path) -> None:
    subnet = f"10.212.{secrets.randbelow(256)}"
    own = {"data_dir": tmp_path, "internet_subnet": f"{subnet}.0/24"}
    settings = engine_settings.model_copy(update=own)
    networks = Networks(Engine(settings), settings)
    try:
        assert networks.ensure("internet").gateway == f"{subnet}.1"
    finally:
        networks.remove()


def test_redis_and_s3_are_on_the_gateway(docked: DockerStack, uid: str) -> None:
    gateway, settings = gateway_of(docked, uid), docked.settings
    assert reached(docked, uid, (gateway, settings.redis_port), (gateway, settings.s3_port)) == [True, True]


def test_nothing_else_of_the_stack_is(docked: DockerStack, uid: str) -> None:
    gateway, settings = gateway_of(docked, uid), docked.settings
    others = [settings.web_port, settings.flower_port, *range(settings.weed_port, settings.weed_port + 7)]
    assert reached(docked, uid, *((gateway, port) for port in others)) == [False] * len(others)


def test_a_port_that_does_listen_there_would_be_seen(docked: DockerStack, uid: str) -> None:
    gateway = gateway_of(docked, uid)
    with closing(socket.create_server((gateway, 0))) as server:
        assert reached(docked, uid, (gateway, server.getsockname()[1])) == [True]


def test_kernels_do_not_reach_each_other(docked: DockerStack, uid: str) -> None:
    container = docked.container(uid)
    kind = container.labels["husk.network"]
    other = docked.ready(network=kind)
    docked.run(other, "import socket; kept = socket.create_server(('0.0.0.0', 7777))")
    networks = docked.container(other).attrs["NetworkSettings"]["Networks"]
    address = networks[f"husk-{docked.instance}-{kind}"]["IPAddress"]
    assert reached(docked, other, (address, 7777)) == [True]
    assert reached(docked, uid, (address, 7777)) == [False]
    docked.husk.kernels.delete(other)


def test_only_the_network_of_the_internet_has_a_way_out(docked: DockerStack, uid: str) -> None:
    kind = docked.container(uid).labels["husk.network"]
    with outside() as (address, port):
        assert reached(docked, uid, (address, port)) == [kind == "internet"]


def test_without_the_wall_between_them_they_would(docked: DockerStack, uid: str) -> None:
    """The control removed: two containers of the same image on a bridge of the engine's own make."""
    image = docked.container(uid).attrs["Image"]
    python = ["/opt/husk/runner/bin/python", "-c"]
    serve = "import socket, time; s = socket.create_server(('0.0.0.0', 7777)); time.sleep(60)"
    network = docked.engine.networks.create(
        f"open-{uid}", driver="bridge", labels={"husk.instance": docked.instance}
    )
    make = docked.engine.containers
    with ExitStack() as undo:
        undo.callback(network.remove)
        first = make.run(image, entrypoint=python, command=[serve], network=network.name, detach=True)
        undo.callback(first.remove, force=True)
        first.reload()
        address = first.attrs["NetworkSettings"]["Networks"][network.name]["IPAddress"]
        code = TRY.replace("{wanted!r}", repr([(address, 7777)] * 3))
        said = make.run(image, entrypoint=python, command=[code], network=network.name, remove=True)
        assert True in as_json(said.decode())
