"""The self-test in real containers: all holds here, and a limit that is taken away is noticed."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

import docker
import pytest

from broker_config.settings import Settings
from broker_config.wire.errors import KernelStartFailed
from tasks.runtimes import images
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import INSTANCE
from tasks.runtimes.self_test.container import ASKED, TRIAL, arguments, sweep, try_out
from tasks.runtimes.self_test.keeping import PATIENCE_S, SelfTest
from tasks.runtimes.self_test.rules import RULES
from tasks.runtimes.self_test.verdicts import Limit, Verdict, judge
from tests.containers.boxes import fresh_name
from tests.containers.docker_stack import DockerStack
from tests.waiting import wait_until

Body = dict[str, Any]
Change = Callable[[Body], None]
TOLD_S = 180.0


@pytest.fixture
def instance() -> str:
    """An installation that nobody else has."""
    return f"test-{secrets.token_hex(6)}"


def host(**changed: Any) -> Change:
    """A profile of which these fields are others."""

    def change(body: Body) -> None:
        body["HostConfig"].update(changed)

    return change


def left(engine: docker.DockerClient, instance: str) -> list[Any]:
    """Containers of an installation."""
    found: list[Any] = engine.containers.list(all=True, filters={"label": f"{INSTANCE}={instance}"})
    return found


def rows(settings: Settings, image: images.Image, instance: str, change: Change) -> dict[str, Limit]:
    """The result by name."""
    told = try_out(Engine(settings, PATIENCE_S), image.id, instance, threading.Event(), change)
    return {one.name: one for one in judge(RULES, ASKED, told)}


def test_every_limit_of_a_kernel_is_enforced_on_this_host_and_nothing_is_left(
    engine: docker.DockerClient, engine_settings: Settings, image: images.Image, instance: str
) -> None:
    found = rows(engine_settings, image, instance, host())
    assert {name: one for name, one in found.items() if one.verdict != Verdict.ENFORCED} == {}
    assert left(engine, instance) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("pids", host(PidsLimit=-1)),
        ("memory", host(Memory=0, MemorySwap=0)),
        ("cpu", host(NanoCpus=0)),
        ("open files", host(Ulimits=[{"Name": "core", "Soft": 0, "Hard": 0}])),
        ("core dumps", host(Ulimits=[{"Name": "nofile", "Soft": 64, "Hard": 64}])),
        ("read-only image", host(ReadonlyRootfs=False)),
        ("host's settings", host(MaskedPaths=[], ReadonlyPaths=[])),
        ("temporary files", host(Tmpfs={"/tmp": "size=256m", "/run": "size=4m"})),
        ("rights", host(CapDrop=[])),
        ("no new rights", host(SecurityOpt=[])),
        ("seccomp", host(SecurityOpt=["no-new-privileges:true", "seccomp=unconfined"])),
    ],
)
def test_a_limit_that_was_taken_from_the_profile_is_told_as_not_enforced(
    engine_settings: Settings, image: images.Image, instance: str, name: str, change: Change
) -> None:
    found = rows(engine_settings, image, instance, change)
    assert found[name].verdict == Verdict.ABSENT, found[name]


def test_a_container_that_the_engine_refuses_leaves_nothing(
    engine: docker.DockerClient, engine_settings: Settings, image: images.Image, instance: str
) -> None:
    def no_such_program(body: Body) -> None:
        body["Entrypoint"] = ["/no/such/program"]

    with pytest.raises(KernelStartFailed):
        rows(engine_settings, image, instance, no_such_program)
    assert left(engine, instance) == []


def test_what_a_worker_that_died_left_is_removed_and_a_test_that_runs_is_not(
    engine: docker.DockerClient, engine_settings: Settings, image: images.Image, instance: str
) -> None:
    body = arguments(image.id, instance)
    made = engine.api.create_container_from_config(body, fresh_name("trial"))
    try:
        sweep(Engine(engine_settings, PATIENCE_S), instance)
        assert [one.labels[TRIAL] for one in left(engine, instance)] == ["1"]
        sweep(Engine(engine_settings, PATIENCE_S), instance, older_than_s=0.0)
        assert left(engine, instance) == []
    finally:
        for one in left(engine, instance):
            one.remove(force=True)
    assert made["Id"]


def test_it_runs_once_for_an_engine_and_an_image(engine_settings: Settings, image: images.Image) -> None:
    test = SelfTest(engine_settings)
    assert test.told()["state"] == "not run"
    test.look(threading.Event())
    first = test.told()
    assert first["state"] == "done"
    test.look(threading.Event())
    assert test.told()["at"] == first["at"]
    assert image.fits


def test_the_api_tells_what_the_lifecycle_worker_found_and_the_doctor_too(docked: DockerStack) -> None:
    def told() -> Any:
        facts: Any = docked.husk.runtime()
        rows = (facts.get("self_test") or {}).get("limits", {})
        # A host that is too busy is tried again.
        known = "disk" in rows and all(row["verdict"] != Verdict.UNTRIED for row in rows.values())
        return facts if known else None

    facts = wait_until(told, TOLD_S, "the self-test is told")
    assert {row["verdict"] for row in facts["self_test"]["limits"].values()} == {"enforced"}
    assert facts["layers"]["pids"]["what"].startswith("tried, and holds")
    assert facts["banner"] is None
    checks = {check["name"]: check for check in docked.stack.json("doctor")["checks"]}
    assert "hold: memory" in checks["limits"]["found"]
