"""Kernels as containers of a Docker Engine, each with the profile of ``profile`` and a spool of its own."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from broker_config.settings import Settings
from broker_config.wire import VERSION
from broker_config.wire.codec import encode
from broker_config.wire.errors import (
    Conflict,
    EngineAbsent,
    HuskError,
    KernelStartFailed,
    NotFound,
    Unavailable,
)
from broker_config.wire.messages import Boot, Limits
from tasks.runtimes import docker_facts, images
from tasks.runtimes.base import ANNOUNCEMENT, Found, KernelSpec, Ref
from tasks.runtimes.boot_input import BootInput
from tasks.runtimes.containers import Containers, Seen, of_inspect
from tasks.runtimes.docker_endings import how_it_ended, never_began, was_killed
from tasks.runtimes.engine import Engine
from tasks.runtimes.engine_events import EngineEvents
from tasks.runtimes.environments import PYTHON as ENVIRONMENT_PYTHON
from tasks.runtimes.environments import DockerEnvironments
from tasks.runtimes.identities import AGENT_UID, RUNNER_UID
from tasks.runtimes.instance import INSTANCE, container_name, instance_id
from tasks.runtimes.networks import Networks
from tasks.runtimes.profile import SPOOL, Surroundings, create_arguments
from tasks.runtimes.self_test.keeping import SelfTest
from tasks.runtimes.spools import Spools

RUNNER_PYTHON = "/opt/husk/runner/bin/python"
SEPARATION = f"a container of its own; agent has uid {AGENT_UID}, runner has uid {RUNNER_UID}"
CGROUPS = {"1": "/sys/fs/cgroup/memory", "2": "/sys/fs/cgroup"}
GB = 1_000_000_000
CONTENT = 0.3
"""Of the spool: copies of stored outputs and artifacts, which the agent may drop."""
REMOVAL_S = 0.25
"""From the kill of a forced removal to the removal."""
GONE_S = 12.0
LOOK_S = 4.0
FACT_S = 300.0
"""For so long a host's cgroups are taken to be of one version: asking costs a start 10 ms."""
POLL_S = 0.05
log = logging.getLogger(__name__)
_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f]")


class DockerRuntime:
    """Making it connects to nothing. An engine that does not answer is ``EngineAbsent``, of any method."""

    name = "docker"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._instance = instance_id(settings)
        self.engine = Engine(settings)
        self.networks = Networks(self.engine, settings)
        self.events = EngineEvents(settings, self._instance)
        self.environments = DockerEnvironments(self.engine, settings, self.networks)
        self._spools = Spools(self.engine, settings)
        self._cgroups = ("", float("-inf"))
        self._self_test = SelfTest(settings)
        # Looks are for all kernels: one that hangs must not hold up the others for long.
        self._looks = Engine(settings, LOOK_S)
        self._containers = Containers(self._looks, self._instance, self.events.heard)
        self.events.listen(self._containers.changed)

    def facts(self) -> dict[str, Any]:
        """See ``KernelRuntime``; an engine that is away is a fact too."""
        return {**docker_facts.examine(self.engine), "self_test": self._self_test.told()}

    def gateways(self) -> list[str]:
        """See ``KernelRuntime``."""
        return list(self.networks.ensure_all().values())

    def hear(self, stopped: threading.Event) -> None:
        """See ``KernelRuntime``."""
        self.events.run(stopped)

    def prove(self, stopped: threading.Event) -> None:
        """See ``KernelRuntime``."""
        self._self_test.run(stopped)

    def boot(self, spec: KernelSpec) -> Boot:
        """See ``KernelRuntime``: volume and container are made, nothing of it runs yet."""
        image = images.find(self.engine.client(), self._settings, spec.flavour)
        bridge = self.networks.ensure(spec.network)
        around = Surroundings(
            instance=self._instance,
            image=image.id,
            network=bridge.name,
            gateway=bridge.gateway,
            pids=self._settings.kernel_pids,
            open_files=self._settings.kernel_open_files,
            environment=spec.environment and self.environments.volume_for(spec.environment, image.id),
        )
        self._remove(spec.uid)
        self._spools.make(spec.uid)
        with self._changing(), self.engine.asked("container") as client:
            client.create_container_from_config(create_arguments(spec, around), container_name(spec.uid))
        return Boot(
            version=VERSION,
            uid=spec.uid,
            kernel_id=spec.kernel_id,
            broker=replace(spec.broker, host=spec.broker.host or bridge.gateway),
            limits=self._within_disk(spec.limits),
            agent_dir=f"{SPOOL}/agent",
            runner_dir=f"{SPOOL}/runner",
            shared_dir=f"{SPOOL}/shared",
            runner_python=ENVIRONMENT_PYTHON if spec.environment else RUNNER_PYTHON,
            agent_uid=AGENT_UID,
            runner_uid=RUNNER_UID,
            separation=SEPARATION,
            cgroup=CGROUPS.get(self._cgroup_version()),
            env=spec.env,
            recovery_mode=spec.recovery_mode,
        )

    def start(self, boot: Boot, reached: Callable[[str], None]) -> Ref:
        """See ``KernelRuntime``. The container ends by itself if we die before it got its boot message."""
        name = container_name(boot.uid)
        with self.engine.asked("start of the container") as client:
            attached = BootInput(client, name)
        with contextlib.closing(attached):
            with self._changing(), self.engine.asked("start of the container") as client:
                client.start(name)
            reached("spawned")
            self._spools.mounted(boot.uid)
            found = self._inspect(boot.uid)
            if found is None:
                raise KernelStartFailed("the container was removed while it was started")
            reached("noted")
            try:
                attached.send(encode(boot).encode() + b"\n")
            except OSError as error:
                raise KernelStartFailed(f"the container took no boot message: {error.strerror}") from None
        reached("booted")
        return of_inspect(found).ref

    def find(self, uid: str, ref: Ref) -> Found | None:
        """See ``KernelRuntime``. That one is gone is never taken from memory."""
        seen = self._containers.all().get(uid)
        if seen is None or not seen.alive:
            found = self._inspect(uid, self._looks)
            seen = of_inspect(found) if found is not None else None
        return Found(seen.ref) if seen is not None and seen.alive else None

    def never_began(self, uid: str, ref: Ref) -> bool:
        """See ``KernelRuntime``."""
        found = self._inspect(uid)
        return found is not None and never_began(found)

    def ending(self, uid: str, ref: Ref) -> str:
        """See ``KernelRuntime``."""
        found = self._inspect(uid)
        if found is not None and was_killed(found):
            # A forced removal kills first; then it is gone in a moment.
            time.sleep(REMOVAL_S)
            found = self._inspect(uid)
        return how_it_ended(found, started=bool(ref.get("container")))

    def log_tail(self, uid: str, lines: int) -> str:
        """See ``KernelRuntime``."""
        try:
            with self.engine.asked("log") as client:
                text: bytes = client.logs(container_name(uid), tail=lines, timestamps=False)
        except (NotFound, Conflict):  # a conflict: it is being removed
            return ""
        return _CONTROL.sub("", "\n".join(text.decode(errors="replace").splitlines()))

    def stop(self, uid: str, ref: Ref, timeout_s: float) -> None:
        """See ``KernelRuntime``."""
        with contextlib.suppress(NotFound, Conflict), self._changing(), self.engine.asked("stop") as client:
            self._unpause(uid)
            self._announce(uid)
            client.stop(container_name(uid), timeout=int(timeout_s))
        self._remove(uid)

    def kill(self, uid: str, ref: Ref) -> None:
        """See ``KernelRuntime``. Raises ``Unavailable`` when the engine cannot end it."""
        self._remove(uid)

    def has_journal(self, uid: str) -> bool:
        """See ``KernelRuntime``."""
        return self._spools.there(uid)

    def spool_bytes(self) -> dict[str, int]:
        """See ``KernelRuntime``."""
        return self._spools.sizes()

    def tidy(self) -> None:
        """See ``KernelRuntime``."""
        self._self_test.clean()
        self.environments.end_builders()
        self.networks.remove()

    def purge(self, uid: str) -> None:
        """See ``KernelRuntime``."""
        self._remove(uid)
        self._spools.remove(uid)

    def list(self) -> dict[str, Ref]:
        """See ``KernelRuntime``; containers that were made and do not run are among them."""
        self._containers.changed()
        return {uid: seen.ref for uid, seen in self._containers.all().items()}

    def _inspect(self, uid: str, engine: Engine | None = None) -> dict[str, Any] | None:
        try:
            with (engine or self.engine).asked("container") as client:
                found: dict[str, Any] = client.inspect_container(container_name(uid))
        except NotFound:
            return None
        if found["Config"]["Labels"].get(INSTANCE) != self._instance:
            raise KernelStartFailed(f"the container {container_name(uid)} belongs to another installation")
        return found

    def _remove(self, uid: str) -> None:
        """Remove the container, whatever runs in it, and wait until it is gone."""
        deadline = time.monotonic() + GONE_S
        pause = threading.Event()
        with self._changing():
            while self._inspect(uid) is not None:
                if time.monotonic() > deadline:
                    raise Unavailable(
                        "the kernel's container does not end: the Docker Engine cannot remove it"
                    )
                # A conflict: somebody removes it already.
                with contextlib.suppress(NotFound, Conflict), self.engine.asked("removal") as client:
                    self._unpause(uid)
                    client.remove_container(container_name(uid), force=True, v=False)
                    continue
                pause.wait(POLL_S)

    def _unpause(self, uid: str) -> None:
        """What is paused takes no signal."""
        seen: Seen | None = self._containers.all().get(uid)
        if seen is not None and seen.state == "paused":
            with contextlib.suppress(HuskError), self.engine.asked("unpause") as client:
                client.unpause(container_name(uid))

    def _announce(self, uid: str) -> None:
        """An engine that fails in this alone must not keep a kernel from its stop; one that is away does."""
        try:
            with self.engine.asked("signal") as client:
                client.kill(container_name(uid), signal=ANNOUNCEMENT.name)
        except (NotFound, Conflict):
            return  # it is not there, or runs no more
        except EngineAbsent:
            raise
        except (Unavailable, KernelStartFailed) as error:
            log.warning("kernel %s is stopped without being told who does it: %s", uid, error)

    def _within_disk(self, limits: Limits) -> Limits:
        spool = self._settings.kernel_disk_gb * GB
        return replace(limits, file_bytes=int(spool), content_bytes=int(spool * CONTENT))

    def _cgroup_version(self) -> str:
        version, asked_at = self._cgroups
        if time.monotonic() - asked_at > FACT_S:
            version = docker_facts.cgroup_version(self.engine)
            self._cgroups = (version, time.monotonic())
        return version

    @contextlib.contextmanager
    def _changing(self) -> Any:
        try:
            yield
        finally:
            self._containers.changed()
