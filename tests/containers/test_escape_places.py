"""Taking the places of others at Redis, which needs no credential: connections that say nothing."""

from __future__ import annotations

from tests.containers.docker_stack import DockerStack

ENDED_S = 60.0
CROWD = """
import socket, time
kept = []
while len(kept) < 2000:
    kept.append(socket.create_connection(({gateway!r}, {port}), 5))
time.sleep(600)
"""


def test_a_kernel_that_crowds_redis_without_signing_in_is_ended_alone(docked: DockerStack) -> None:
    uid, other = docked.ready(), docked.ready(network="isolated")
    gateway = docked.container(uid).labels["husk.gateway"]
    docked.husk.executions.submit(uid, CROWD.format(gateway=gateway, port=docked.settings.redis_port))
    error = str(docked.until(uid, "error", ENDED_S)["error"])
    assert "connections to Redis without signing in, 100 are allowed: it was ended" in error
    assert docked.said(other, "print('goes on')") == "goes on"


def test_an_isolated_kernel_has_nobody_to_ask_for_names(docked: DockerStack) -> None:
    asked = {
        kind: docked.container(docked.ready(network=kind)).attrs["HostConfig"]["Dns"]
        for kind in ("internet", "isolated")
    }
    assert asked == {"internet": [], "isolated": ["127.0.0.1"]}
