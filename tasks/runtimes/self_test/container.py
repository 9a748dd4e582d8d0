"""The throwaway container: a kernel's own profile with small limits, no spool and no network."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker_config.wire.errors import Conflict, NotFound, Unavailable
from broker_config.wire.messages import BrokerAddress, Limits
from tasks.runtimes.base import KernelSpec
from tasks.runtimes.engine import Engine
from tasks.runtimes.instance import INSTANCE
from tasks.runtimes.profile import Surroundings, create_arguments
from tasks.runtimes.self_test.verdicts import Asked, Told

TRIAL = "husk.trial"
"""Its label beside that of the installation; the label of kernels it has not."""
PYTHON = "/opt/husk/agent/bin/python"
NONE = "none"
ASKED = Asked(memory_bytes=64 * 1024 * 1024, cpu_cores=0.1, pids=32, open_files=64)
BOUND_S = 25.0
"""The trial ends itself before that; typical are 2 to 4 seconds."""
LOOK_S = 0.2
LEFT_OVER_S = 60.0

Body = dict[str, Any]


def as_it_is(_body: Body) -> None:
    """Change nothing of the profile."""


def arguments(image: str, instance: str, asked: Asked = ASKED) -> Body:
    """The body of the engine's ``POST /containers/create``. ``image``: its digest."""
    limits = Limits(asked.memory_bytes, asked.cpu_cores, 1, 1, 1, 1)
    spec = KernelSpec("trial", "trial", limits, BrokerAddress("", 0, "", ""), {})
    around = Surroundings(instance, image, NONE, "", asked.pids, asked.open_files)
    body = create_arguments(spec, around)
    source = Path(__file__).with_name("trial.py").read_text(encoding="utf-8")
    return {
        **body,
        "Entrypoint": [PYTHON, "-I", "-S", "-c", source],
        "Cmd": [asked.text()],
        "Labels": {INSTANCE: instance, TRIAL: "1"},
        **dict.fromkeys(("AttachStdin", "OpenStdin", "StdinOnce"), False),
        "NetworkingConfig": {},
        "HostConfig": {**body["HostConfig"], "Mounts": [], "NetworkMode": NONE},
    }


def try_out(
    engine: Engine,
    image: str,
    instance: str,
    stopped: threading.Event,
    change: Callable[[Body], None] = as_it_is,
) -> dict[str, Told]:
    """Trial → what it found; run, waited for and removed, whatever happens. About 3 s, ``BOUND_S`` at most.

    ``change``: what to take from the profile, to see that its absence is noticed.

    Raises:
        Unavailable: the engine is away, or the container did not end in time.
        KernelStartFailed: the engine refused it.
    """
    body = arguments(image, instance)
    change(body)
    name = f"husk-trial-{secrets.token_hex(6)}"
    try:
        with engine.asked("self-test") as client:
            client.create_container_from_config(body, name)
            client.start(name)
        _wait(engine, name, stopped)
        with engine.asked("self-test") as client:
            text: bytes = client.logs(name, stdout=True, stderr=False)
    finally:
        remove(engine, name)
    return read_lines(text.decode(errors="replace"))


def read_lines(text: str) -> dict[str, Told]:
    """What the container printed; lines that are no findings are left out."""
    told: dict[str, Told] = {}
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict) and isinstance(found.get("trial"), str):
                told[found.pop("trial")] = found
    return told


def _wait(engine: Engine, name: str, stopped: threading.Event) -> None:
    deadline = time.monotonic() + BOUND_S
    while not stopped.wait(LOOK_S):
        with engine.asked("self-test") as client:
            if client.inspect_container(name)["State"]["Status"] in {"exited", "dead"}:
                return
        if time.monotonic() > deadline:
            raise Unavailable(f"self-test: the container did not end within {BOUND_S:g} s")
    raise Unavailable("self-test: the worker stops")


def remove(engine: Engine, name: str) -> None:
    """Remove it, running or not; nothing where it is gone or going. Raises ``Unavailable``."""
    with contextlib.suppress(NotFound, Conflict), engine.asked("self-test") as client:
        client.remove_container(name, force=True, v=True)


def sweep(engine: Engine, instance: str, older_than_s: float = LEFT_OVER_S) -> None:
    """Remove what a worker that died has left. Another worker's may be running: it is younger."""
    with engine.asked("self-test") as client:
        rows = client.containers(all=True, filters={"label": [TRIAL, f"{INSTANCE}={instance}"]})
    for row in rows:
        if time.time() - row["Created"] > older_than_s:
            remove(engine, row["Id"])
