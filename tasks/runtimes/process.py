"""Kernels as local processes: for one machine and people who trust their own code. Not isolated."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from broker_config.settings import Settings
from broker_config.wire import VERSION, names
from broker_config.wire.codec import encode
from broker_config.wire.errors import KernelStartFailed, Unavailable
from broker_config.wire.messages import Boot
from tasks.runtimes import identities, proc, process_family
from tasks.runtimes.base import ANNOUNCEMENT, Found, KernelSpec, Ref
from tasks.runtimes.cgroups import Cgroups
from tasks.runtimes.children import Children
from tasks.runtimes.places import Place
from tasks.runtimes.process_environments import ProcessEnvironments

GB = 1_000_000_000
POLL_S = 0.02
LOOPBACK = "127.0.0.1"


class ProcessRuntime:
    """Making it starts nothing. ``prober`` and ``cgroups`` are for tests."""

    name = "process"

    def __init__(
        self,
        settings: Settings,
        prober: identities.Prober = identities.probe,
        cgroups: Cgroups | None = None,
    ) -> None:
        self._kernels_dir = settings.kernels_dir
        self.environments = ProcessEnvironments(settings)
        self._prober = prober
        self._cgroups = cgroups or Cgroups()
        self._children = Children()
        self._identities: identities.Identities | None = None
        self._probing = threading.Lock()
        self._oom_seen: dict[str, int] = {}

    def facts(self) -> dict[str, Any]:
        """See ``KernelRuntime``. The first call tries what users a kernel may have (about 0.1 s)."""
        who = self._who()
        return {
            "runtime": self.name,
            "isolated": False,
            "separation": who.why,
            "agent_uid": who.agent_uid,
            "runner_uid": who.runner_uid,
            "cgroup": self._cgroups.version,
            "memory": "cgroup" if self._cgroups.version else "watched by the kernel's agent",
            "cpu_cores": len(os.sched_getaffinity(0)),
        }

    def gateways(self) -> list[str]:
        """See ``KernelRuntime``: loopback is all they need."""
        return []

    def hear(self, stopped: threading.Event) -> None:
        """See ``KernelRuntime``: looking is enough."""

    def prove(self, stopped: threading.Event) -> None:
        """See ``KernelRuntime``: what bounds a process is told by ``facts``."""

    def boot(self, spec: KernelSpec) -> Boot:
        """See ``KernelRuntime``."""
        who, place = self._who(), self._place(spec.uid)
        try:
            place.make(who.runner_uid is not None)
        except OSError as error:
            raise KernelStartFailed(f"the kernel's folder cannot be made: {error.strerror}") from None
        return Boot(
            version=VERSION,
            uid=spec.uid,
            kernel_id=spec.kernel_id,
            broker=replace(spec.broker, host=spec.broker.host or LOOPBACK),
            limits=spec.limits,
            agent_dir=str(place.agent),
            runner_dir=str(place.runner),
            shared_dir=str(place.shared),
            runner_python=self._python_of(spec),
            agent_uid=who.agent_uid,
            runner_uid=who.runner_uid,
            separation=who.why,
            cgroup=self._cgroups.make(spec.uid, spec.limits.memory_bytes),
            env={**spec.env, process_family.MARK: spec.uid},
            recovery_mode=spec.recovery_mode,
        )

    def start(self, boot: Boot, reached: Callable[[str], None]) -> Ref:
        """See ``KernelRuntime``. Init waits for its message until it is noted which process it is."""
        place = self._place(boot.uid)
        self._oom_seen.pop(boot.uid, None)
        try:
            log = place.open_log()
            try:
                pid, writer = self._children.spawn(log)
            finally:
                os.close(log)
            with os.fdopen(writer, "wb") as stdin:
                reached("spawned")
                ref = _ref(pid, str(place.root))
                place.note(ref)
                reached("noted")
                stdin.write(encode(boot).encode() + b"\n")
        except OSError as error:
            raise KernelStartFailed(f"the kernel's process cannot be started: {error.strerror}") from None
        reached("booted")
        return ref

    def find(self, uid: str, ref: Ref) -> Found | None:
        """See ``KernelRuntime``."""
        for known in (ref, self._place(uid).noted()):
            if known and known.get("pid") and self._lives(known):
                self._oom_seen[uid] = self._cgroups.oom_kills(uid)
                return Found(known, int(known["pid"]))
        return None

    def _lives(self, ref: Ref) -> bool:
        self._children.reap(int(ref["pid"]))
        return process_family.living(int(ref["pid"]), int(ref["start_time"]), str(ref["boot"]))

    def never_began(self, uid: str, ref: Ref) -> bool:
        """See ``KernelRuntime``: such a one ends before anybody finds it."""
        return False

    def ending(self, uid: str, ref: Ref) -> str:
        """See ``KernelRuntime``."""
        known = ref if ref.get("pid") else self._place(uid).noted()
        if not known:
            return "was never started"
        if self._cgroups.oom_kills(uid) > self._oom_seen.get(uid, 0):
            return "was ended by the system: out of memory"
        self._children.reap(int(known["pid"]))
        return self._children.ending(int(known["pid"]))

    def log_tail(self, uid: str, lines: int) -> str:
        """See ``KernelRuntime``."""
        return self._place(uid).tail(lines)

    def stop(self, uid: str, ref: Ref, timeout_s: float) -> None:
        """See ``KernelRuntime``."""
        found = self.find(uid, ref)
        if found is not None and found.pid is not None:
            with contextlib.suppress(OSError):
                os.kill(found.pid, ANNOUNCEMENT)
                os.kill(found.pid, signal.SIGTERM)
            deadline = time.monotonic() + timeout_s
            pause = threading.Event()
            while self._lives(found.ref) and time.monotonic() < deadline:
                pause.wait(POLL_S)
        self.kill(uid, ref)

    def kill(self, uid: str, ref: Ref) -> None:
        """See ``KernelRuntime``. Raises ``Unavailable`` when a process is stuck in the system."""
        found = self.find(uid, ref)
        if not process_family.kill_all(uid, found.pid if found else None, self._cgroups):
            raise Unavailable("processes of this kernel do not end: they are stuck in the system")
        if found is not None and found.pid is not None:
            self._children.reap(found.pid)
        self._cgroups.remove(uid)

    def has_journal(self, uid: str) -> bool:
        """See ``KernelRuntime``."""
        return self._place(uid).has_journal()

    def spool_bytes(self) -> dict[str, int]:
        """See ``KernelRuntime``: their files are the user's own, on a disk of the user's own."""
        return {}

    def tidy(self) -> None:
        """See ``KernelRuntime``: they share nothing."""

    def purge(self, uid: str) -> None:
        """See ``KernelRuntime``."""
        try:
            self._place(uid).remove()
        except OSError as error:
            raise Unavailable(f"the kernel's folder cannot be removed: {error.strerror}") from None
        self._oom_seen.pop(uid, None)

    def list(self) -> dict[str, Ref]:
        """See ``KernelRuntime``."""
        living: dict[str, Ref] = {}
        for folder in self._kernels_dir.glob("?" * 12):
            if not names.UID.fullmatch(folder.name):
                continue
            self._place(folder.name).bound_log()
            found = self.find(folder.name, {})
            if found is not None:
                living[folder.name] = found.ref
        return living

    def _python_of(self, spec: KernelSpec) -> str:
        return self.environments.python_of(spec.environment) if spec.environment else sys.executable

    def _place(self, uid: str) -> Place:
        return Place(self._kernels_dir, uid)

    def _who(self) -> identities.Identities:
        with self._probing:
            if self._identities is None:
                self._kernels_dir.mkdir(parents=True, exist_ok=True)
                self._identities = identities.decide(self._kernels_dir, self._prober)
            return self._identities


def _ref(pid: int, folder: str) -> Ref:
    found = proc.stat(pid)
    return {
        "pid": pid,
        "start_time": found.start_time if found else 0,
        "boot": proc.boot_id(),
        "folder": folder,
    }
