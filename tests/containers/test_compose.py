"""The deployed stack, whole: a kernel through the public API, and every service restarted once under it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import docker
import httpx
import pytest
from uv import find_uv_bin

from tasks.runtimes import images
from tests.containers.deployment import Deployment
from tests.waiting import wait_until

SERVICES = (
    *("redis", "postgres", "minio", "engine", "kernels-way", "isolated-way"),
    *("web", "lifecycle", "flows", "desk", "recorder", "beat", "flower", "prometheus"),
)
KERNEL = "lab"
SHARED = """
import flowfile
with open(flowfile.get_shared_location("deployed.txt"), "w") as file:
    file.write(f"x is {x}")
"""

# What a caller of the engine's proxy says, and whether it is let through.
QUESTIONS = (
    ("GET", "/_ping", True),
    ("GET", "/v1.41/version", True),
    ("GET", "/v1.41/containers/json", True),
    ("GET", "/v1.41/containers/nobody/json", True),
    ("POST", "/v1.41/containers/nobody/start", True),
    ("POST", "/v1.41/containers/nobody/stop", True),
    ("POST", "/v1.41/containers/nobody/unpause", True),
    ("DELETE", "/v1.41/containers/nobody", True),
    ("POST", "/v1.41/containers/nobody/kill?signal=SIGURG", True),
    ("POST", "/v1.41/containers/nobody/kill", False),
    ("POST", "/v1.41/containers/nobody/kill?signal=SIGKILL", False),
    ("POST", "/v1.41/containers/nobody/kill?signal=SIGURG&signal=SIGKILL", False),
    ("POST", "/v1.41/containers/nobody/wait", False),
    ("POST", "/v1.41/containers/nobody/update", False),
    ("POST", "/v1.41/containers/nobody/pause", False),
    ("POST", "/v1.41/containers/nobody/restart", False),
    ("POST", "/v1.41/containers/nobody/exec", False),
    ("POST", "/v1.41/exec/nobody/start", False),
    ("GET", "/v1.41/containers/nobody/archive?path=/etc/shadow", False),
    ("PUT", "/v1.41/containers/nobody/archive?path=/etc", False),
    ("GET", "/v1.41/containers/nobody/export", False),
    ("POST", "/v1.41/build", False),
    ("POST", "/v1.41/images/create?fromImage=debian", False),
    ("DELETE", "/v1.41/images/nobody", False),
    ("POST", "/v1.41/commit?container=nobody", False),
    ("POST", "/v1.41/swarm/init", False),
    ("GET", "/v1.41/secrets", False),
    ("GET", "/v1.41/plugins", False),
    ("POST", "/v1.41/containers/prune", False),
    ("POST", "/v1.41/volumes/prune", False),
    ("GET", "/v1.41/containers/nobody/json/../../../exec/x/json", False),
    ("GET", "/v1.41/containers/%2e%2e/exec/x/json", False),
    ("POST", "/v1.41//containers/nobody/exec", False),
    ("POST", "/v1.41/containers/nobody/stop/exec", False),
)
ASK = """
import http.client, json, socket, sys
answers = []
for method, path in json.loads(sys.argv[2]):
    connection = http.client.HTTPConnection("engine", 2375, timeout=10)
    connection.request(method, path)
    answers.append(connection.getresponse().status)
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, image: images.Image
) -> Iterator[Deployment]:
    """The stack, started, with one kernel that has a variable."""
    made = Deployment(tmp_path_factory.mktemp("deployed"), engine)
    made.build()
    made.prepare()
    try:
        made.up()
        with made.client() as husk:
            husk.kernels.create(KERNEL)
            assert ran(made, "x = 41; print('first')")["status"] == "succeeded"
        yield made
    except Exception:
        sys.stdout.write(made.compose("logs", "--tail", "40", "web", "lifecycle"))
        raise
    finally:
        made.remove()


def ran(made: Deployment, code: str) -> dict[str, Any]:
    """A cell on the kernel, followed to its end: the execution."""
    with made.client() as husk:
        events = list(husk.run(KERNEL, code, start=True))
        return dict(husk.executions.get(events[0]["execution_id"]))


def test_every_service_gets_healthy(deployment: Deployment) -> None:
    for service in SERVICES:
        deployment.wait_healthy(service)


def test_the_kernel_is_a_container_and_its_file_is_in_the_store(deployment: Deployment) -> None:
    wait_until(deployment.answers, 60, "web answers")
    with deployment.client() as husk:
        kernel = husk.kernels.get(KERNEL)
        assert kernel["runtime"] == "docker"
        assert ran(deployment, SHARED)["status"] == "succeeded"
        names = [container.name for container in deployment.engine.containers.list()]
        assert f"husk-{kernel['uid']}" in names
        wait_until(lambda: _text_of(husk, "deployed.txt") == b"x is 41", 30, "the file is shared")


def index_host() -> str:
    """Where uv asks by default, in its own words."""
    told = subprocess.run(
        [find_uv_bin(), "help", "pip", "compile"], capture_output=True, text=True, check=True
    )
    found = re.search(r"https://([a-z.]+)/simple", told.stdout)
    assert found is not None
    return found[1]


def test_packages_are_locked_and_built_where_alone_there_is_a_way_to_an_index(deployment: Deployment) -> None:
    reach = f"import socket; socket.create_connection(({index_host()!r}, 443), 5)"
    code, _said = deployment.inside("lifecycle", "python", "-c", reach)
    assert code != 0
    with deployment.client() as husk:
        husk.kernels.create("packed", packages=["threadpoolctl==3.5.0"])
        events = list(
            husk.run("packed", "import threadpoolctl; print(threadpoolctl.__version__)", start=True)
        )
        done = husk.executions.get(events[0]["execution_id"])
        assert (done["status"], done["stdout"].strip()) == ("succeeded", "3.5.0")
        husk.kernels.delete("packed")


def test_the_first_start_says_how_to_log_in_and_links_name_the_address_that_people_use(
    deployment: Deployment,
) -> None:
    assert "husk user link admin" in deployment.container("web").logs().decode()
    code, link = deployment.inside("web", "husk", "user", "link", "admin")
    assert code == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:8420/login#link=\S+\s*", link)


def test_prometheus_reads_the_figures_by_its_own_key(deployment: Deployment) -> None:
    url = f"http://127.0.0.1:{deployment.ports['PROMETHEUS_PUBLISH']}/api/v1/query"

    def kernels() -> list[Any]:
        answer = httpx.get(url, params={"query": 'husk_kernels{state="ready"}'}, timeout=5, trust_env=False)
        return list(answer.json()["data"]["result"])

    found = wait_until(
        lambda: [one for one in kernels() if one["value"][1] == "1"], 60, "a kernel is counted"
    )
    assert found[0]["metric"]["job"] == "husk"


def test_flower_is_reached_through_the_api_only(deployment: Deployment) -> None:
    assert deployment.container("flower").attrs["NetworkSettings"]["Ports"] == {}
    direct = "import urllib.request as u; u.urlopen('http://flower:8421/flower/', timeout=5)"
    code, said = deployment.inside("web", "python", "-c", direct)
    assert code != 0
    assert "401" in said


def test_the_engines_proxy_lets_through_what_lifecycle_asks_and_nothing_else(deployment: Deployment) -> None:
    asked = json.dumps([(method, path) for method, path, _ in QUESTIONS])
    code, said = deployment.inside("lifecycle", "python", "-c", ASK, "-", asked)
    assert code == 0, said
    answers = dict(zip([(m, p) for m, p, _ in QUESTIONS], json.loads(said), strict=True))
    for method, path, passes in QUESTIONS:
        assert (answers[method, path] != 403) is passes, f"{method} {path}: {answers[method, path]}"


def test_without_the_proxy_the_same_questions_reach_the_engine(deployment: Deployment) -> None:
    transport = httpx.HTTPTransport(uds="/var/run/docker.sock")
    with httpx.Client(transport=transport, base_url="http://engine", timeout=10) as client:
        assert client.post("/v1.41/containers/nobody/exec", json={"Cmd": ["id"]}).status_code == 404
        assert client.get("/v1.41/containers/nobody/archive?path=/etc/shadow").status_code == 404
        assert client.get("/v1.41/plugins").status_code == 200


def test_nobody_but_lifecycle_reaches_the_proxy(deployment: Deployment) -> None:
    (network,) = deployment.container("engine").attrs["NetworkSettings"]["Networks"].values()
    knock = f"import socket; socket.create_connection(({network['IPAddress']!r}, 2375), 2)"
    assert deployment.inside("lifecycle", "python", "-c", knock)[0] == 0
    for service in ("web", "desk", "recorder", "flows", "beat", "flower"):
        assert deployment.inside(service, "python", "-c", knock)[0] != 0


def test_no_secret_is_told_by_the_engine(deployment: Deployment) -> None:
    told = deployment.inspected()
    for path in (deployment.home / "secrets").iterdir():
        if path.name != "minio_root_user":
            assert path.read_text().strip() not in told, path.name
    assert f"husk-{deployment.instance}-internet" in told  # of kernels as well


@pytest.mark.parametrize("service", SERVICES)
def test_after_a_restart_everything_is_found_again(deployment: Deployment, service: str) -> None:
    with deployment.client() as husk:
        before = husk.kernels.get(KERNEL)
        first = ran(deployment, "x += 1; print('value', x)")
        deployment.compose("restart", "-t", "10", service)
        wait_until(deployment.answers, 60, f"web answers after a restart of {service}")
        again = ran(deployment, "print('again', x)")
        value = re.fullmatch(r"value (\d+)\n", first["stdout"])
        assert value
        assert (again["status"], again["stdout"]) == ("succeeded", f"again {value[1]}\n")
        found = husk.executions.get(first["id"])
        assert (found["status"], found["stdout"]) == ("succeeded", first["stdout"])
        after = husk.kernels.get(KERNEL)
        assert (after["uid"], after.get("generation")) == (before["uid"], before.get("generation"))


def test_after_all_restarts_every_service_is_healthy_and_a_new_kernel_starts(deployment: Deployment) -> None:
    for service in SERVICES:
        deployment.wait_healthy(service)
    with deployment.client() as husk:
        husk.kernels.create("second", network="isolated")
        events = list(husk.run("second", "print(6 * 7)", start=True))
        done = husk.executions.get(events[0]["execution_id"])
        assert (done["status"], done["stdout"]) == ("succeeded", "42\n")
        husk.kernels.delete("second")


def _text_of(husk: Any, path: str) -> bytes | None:
    try:
        return bytes(husk.files.get(path))
    except Exception:  # not there yet
        return None
