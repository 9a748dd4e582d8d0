"""What the Docker runtime decides without an engine: the choice, how a container ended, what is told."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable
from broker_config.wire.messages import BrokerAddress, Limits
from tasks.runtimes.base import KernelSpec
from tasks.runtimes.choice import choose, for_kernel, make_runtimes
from tasks.runtimes.docker_endings import how_it_ended, never_began
from tasks.runtimes.instance import instance_id
from tasks.runtimes.profile import Surroundings, create_arguments
from tasks.runtimes.standing import standing, unknown

MISSING = "there is no image flowfile-kernel:base: build it with `husk image build base`"
AROUND = Surroundings("here", "sha256:1", "husk-here-internet", "172.30.0.1", 512, 8192)


def settings(**given: Any) -> Settings:
    """Settings with a secret."""
    return Settings(secret_key=SecretStr("a-secret-of-these-tests"), **given)


def docker(trouble: str | None = None) -> dict[str, Any]:
    """Facts of the Docker runtime."""
    layers = {"memory": {"there": True, "what": "limited"}, "apparmor": {"there": False, "what": "not here"}}
    return {"engine": {}, "image": {}, "layers": layers, "gpu": True, "trouble": trouble}


def spec(**given: Any) -> KernelSpec:
    """A kernel."""
    limits = Limits(2_000_000_000, 1.5, 20, 1, 1, 1)
    broker = BrokerAddress("", 6379, "kernel", "a-password-of-redis")
    return KernelSpec(
        "abcdefghijkl", "mine", limits, broker, {"KEY": "a-value-of-env"}, "7", "nonce", **given
    )


def exited(code: int, **state: Any) -> dict[str, Any]:
    """What the engine says about a container that ended."""
    return {"State": {"Status": "exited", "ExitCode": code, **state}, "HostConfig": {"Memory": 1_500_000_000}}


@pytest.mark.parametrize(
    ("wanted", "mode", "trouble", "chosen"),
    [
        ("auto", "embedded", None, "docker"),
        ("auto", "embedded", MISSING, "process"),
        ("auto", "deployed", MISSING, "docker"),
        ("docker", "embedded", MISSING, "docker"),
        ("process", "embedded", None, "process"),
    ],
)
def test_auto_is_docker_where_engine_and_image_are_there(
    wanted: str, mode: str, trouble: str | None, chosen: str
) -> None:
    assert choose(settings(runtime=wanted, mode=mode), docker(trouble)) == chosen


def test_what_is_missing_is_a_banner_with_the_command() -> None:
    told = standing(settings(), docker(MISSING), {"agent_uid": None})
    assert (told["runtime"], told["isolated"]) == ("process", False)
    assert told["banner"] == f"New kernels are processes, not isolated: {MISSING}"
    told = standing(settings(runtime="docker"), docker(MISSING), {})
    assert told["banner"] == f"Kernels cannot be started: {MISSING}"


def test_what_was_asked_for_is_no_banner() -> None:
    assert standing(settings(runtime="process"), docker(MISSING), {})["banner"] is None
    told = standing(settings(), docker(), {})
    assert (told["banner"], told["layers_absent"], told["gpu"]) == (None, ["apparmor"], True)


def test_a_deployment_whose_lifecycle_worker_is_silent_says_so() -> None:
    told = unknown(settings(mode="deployed"))
    assert told["runtime"] == "docker"
    assert "the lifecycle worker has not reported" in told["banner"]


def test_a_kernel_keeps_its_runtime_and_a_deployment_has_no_processes() -> None:
    here = {one.name: one for one in make_runtimes(settings())}
    assert for_kernel(here, "docker").name == "docker"
    assert for_kernel(here, "process").name == "process"
    deployed = {one.name: one for one in make_runtimes(settings(mode="deployed"))}
    with pytest.raises(Unavailable, match="'process' are not served here"):
        for_kernel(deployed, "process")


def test_an_installation_is_named_after_its_secret() -> None:
    assert instance_id(settings()) == instance_id(settings(runtime="docker"))
    assert instance_id(settings()) != instance_id(Settings(secret_key=SecretStr("another-secret-of-tests")))


def test_the_arguments_hold_no_secret_and_memory_includes_swap() -> None:
    made = create_arguments(spec(), AROUND)
    assert "a-password-of-redis" not in str(made)
    assert "a-value-of-env" not in str(made)
    host = made["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 2_000_000_000
    assert host["NanoCpus"] == 1_500_000_000
    assert host["DeviceRequests"] == []


def test_an_isolated_kernel_has_nobody_to_ask_for_names() -> None:
    talks, closed = (create_arguments(spec(network=kind), AROUND) for kind in ("internet", "isolated"))
    assert (talks["HostConfig"]["Dns"], closed["HostConfig"]["Dns"]) == ([], ["127.0.0.1"])


def test_a_gpu_is_a_device_request_and_nothing_more() -> None:
    plain, gpu = create_arguments(spec(), AROUND), create_arguments(spec(gpu=True), AROUND)
    assert gpu["HostConfig"].pop("DeviceRequests")[0]["Capabilities"] == [["gpu"]]
    plain["HostConfig"].pop("DeviceRequests")
    assert gpu == plain


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (None, "is gone: its container was removed from outside"),
        (exited(137), "was ended by SIGKILL"),
        (exited(139), "was ended by SIGSEGV"),
        (exited(0), "ended by itself with exit code 0"),
        (exited(143), "was stopped from outside: its container was, or the Docker Engine"),
        (
            exited(137, OOMKilled=True),
            "was ended by the system: out of memory: the limit is 1.50 GB, peak 1.50 GB",
        ),
        (exited(1, OOMKilled=True), "ended by itself with exit code 1"),
        (exited(127, Error="no such file"), "could not be run: no such file"),
    ],
)
def test_how_a_container_ended_is_told(found: dict[str, Any] | None, sentence: str) -> None:
    assert how_it_ended(found, started=True) == sentence


def test_only_init_says_that_it_got_no_message() -> None:
    assert never_began(exited(3))
    assert not never_began(exited(2))
    assert how_it_ended(None, started=False) == "was never started"
