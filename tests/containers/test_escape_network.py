"""Ways around the walls of kernels' networks that are no plain TCP; those are in ``test_docker_network``."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.runtimes.images import Image
from tests.containers.attacks import in_cell, in_plain
from tests.containers.docker_stack import DockerStack

PING = """
def ping(address):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    one.settimeout(1.5)
    one.connect((address, 0))
    head = struct.pack("!BBHHH", 8, 0, 0, 0, 1) + b"ping"
    one.send(head)
    one.recv(64)

def datagram(address):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(1.5)
    one.connect((address, 7778))
    one.send(b"ping")
    one.recv(64)

for name, address in {addresses!r}.items():
    attempt(f"ping {name}", ping, address)
    attempt(f"datagram {name}", datagram, address)
"""
ECHO = """
import socket, threading
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(("0.0.0.0", 7778))
def answer():
    while True:
        data, whence = echo.recvfrom(64)
        echo.sendto(data, whence)
threading.Thread(target=answer, daemon=True).start()
"""
STANDING = """
tried["interfaces"] = sorted(line.split(":")[0].strip() for line in list(open("/proc/net/dev"))[2:])
tried["addresses of version 6"] = [] if not os.path.exists("/proc/net/if_inet6") else [
    line.split()[0] for line in open("/proc/net/if_inet6") if line.split()[-1] != "lo"]
tried["ports of others"] = len([line for line in list(open("/proc/net/tcp"))[1:] if line.split()[3] == "0A"])
"""


def address_of(docked: DockerStack, uid: str) -> str:
    """A kernel's address on its one network."""
    (network,) = docked.container(uid).attrs["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])


@pytest.fixture(scope="module", params=["internet", "isolated"])
def pair(request: pytest.FixtureRequest, docked: DockerStack) -> tuple[str, str]:
    """Two kernels of one network; the second echoes datagrams."""
    first, second = docked.ready(network=request.param), docked.ready(network=request.param)
    docked.run(second, ECHO)
    return first, second


def test_no_ping_and_no_datagram_goes_from_kernel_to_kernel(
    docked: DockerStack, pair: tuple[str, str]
) -> None:
    first, second = pair
    own, gateway = address_of(docked, second), docked.container(first).labels["husk.gateway"]
    seen = PING.replace("{addresses!r}", repr({"other": own, "gateway": gateway}))
    tried = in_cell(docked, first, seen)
    assert (tried["ping other"], tried["datagram other"]) == ("ETIMEDOUT", "ETIMEDOUT")
    # The control: this host answers both senders, and the echo does where nothing is in between.
    assert tried["ping gateway"] == "done"
    alone = in_cell(docked, second, PING.replace("{addresses!r}", repr({"own": own})))
    assert alone == {"ping own": "done", "datagram own": "done"}


def test_a_kernel_has_one_interface_of_version_4_and_no_port_of_others(
    docked: DockerStack, pair: tuple[str, str]
) -> None:
    found = in_cell(docked, pair[0], STANDING)
    assert found == {
        "interfaces": ["eth0", "lo"],
        "addresses of version 6": [],
        # Docker's own resolver of names, in the container, if any.
        "ports of others": found["ports of others"],
    }
    assert found["ports of others"] <= 1


def test_on_the_hosts_network_more_would_be_seen(engine: Any, image: Image) -> None:
    found = in_plain(engine, image, STANDING, network_mode="host")
    assert len(found["interfaces"]) > 2
    assert found["ports of others"] > 1


def test_an_isolated_kernel_reaches_no_other_network_of_kernels(docked: DockerStack) -> None:
    outside, inside = docked.ready(network="internet"), docked.ready(network="isolated")
    docked.run(outside, ECHO)
    # This host has the gateways of both networks, and answers at both; no kernel of the other one does.
    there = {"other": address_of(docked, outside)}
    tried = in_cell(docked, inside, PING.replace("{addresses!r}", repr(there)))
    assert set(tried.values()) <= {"ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT"}
    back = {"other": address_of(docked, inside)}
    docked.run(inside, ECHO)
    tried = in_cell(docked, outside, PING.replace("{addresses!r}", repr(back)))
    assert "done" not in tried.values()
