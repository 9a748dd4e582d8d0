"""Environments of process kernels: a virtualenv for each lock, whole or not there."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from broker_config.settings import Settings
from broker_config.wire.errors import EnvironmentFailed, NotAvailable, Unavailable
from tasks.environments import bytecode, cache, inspection, installer, runner_code
from tasks.environments.base_set import this_python
from tasks.environments.locks import DIGEST, Lock
from tasks.environments.running import Ended, run
from tasks.environments.workplace import flush, workplace

LINES = 50
LOCK = "lock.txt"
COMMON = ("--no-config", "--color", "never")


def has(settings: Settings, digest: str) -> bool:
    """Whether the environment is there, whole, with its Python."""
    return (_place(settings, digest) / "bin" / "python").exists()


def build(
    settings: Settings,
    lock: Lock,
    say: Callable[[str], None],
    cancelled: threading.Event,
    *,
    uv: str = "",
) -> None:
    """Build it, unless it is there. ``say`` gets lines of progress. ``uv``: another program than ours.

    Raises:
        EnvironmentFailed: it could not be built, or was cancelled; nothing of it is left.
        NotAvailable: the lock wants source distributions built, or another Python than this.
    """
    if has(settings, lock.digest):
        return
    if lock.allow_sdist:
        raise NotAvailable("source distributions are built for kernels in containers alone", "allow_sdist")
    if lock.python != this_python():
        raise NotAvailable(
            f"the lock is for Python {lock.python}, process kernels have {this_python()}: make a new lock",
            "lock",
        )
    try:
        with workplace(settings.environments_dir) as work:
            _Build(settings, lock, say, cancelled, uv or installer.uv_path(), work).run()
    except (OSError, Unavailable) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise EnvironmentFailed(f"the environment was not built: {why}") from None
    finally:
        cache.sweep(settings)


@dataclass
class _Build:
    settings: Settings
    lock: Lock
    say: Callable[[str], None]
    cancelled: threading.Event
    uv: str
    work: Path
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))

    def run(self) -> None:
        self._deadline = time.monotonic() + self.settings.build_timeout_s
        env = self.work / "env"
        self._make(env)
        before = inspection.skeleton(env)
        self._install(env)
        try:
            inspection.inspect(env, before, int(self.settings.environment_max_gb * installer.GB))
        except inspection.Unfit as error:
            raise EnvironmentFailed(f"the environment was not kept: {error}", self.lines) from None
        self._compile(env)
        for site in inspection.site_folders(env):
            runner_code.bring(site)
        runner_code.lay(self.settings.environments_dir)
        self._keep(env)

    def _make(self, env: Path) -> None:
        argv = [
            self.uv,
            "venv",
            "--quiet",
            "--relocatable",
            "--no-project",
            "--python",
            sys.executable,
            str(env),
        ]
        self._do([*argv, *COMMON], self._environ())

    def _install(self, env: Path) -> None:
        (self.work / LOCK).write_text(self.lock.text)
        argv = [
            *(self.uv, "pip", "sync", "--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode"),
            *("--strict", "--python", str(env / "bin" / "python"), LOCK, *COMMON),
        ]
        # Where all of it was fetched before, the index need not be asked, nor be there.
        known = self._run([*argv, "--offline"], self._environ(), lambda _line: None)
        if known.why or known.code:
            self._do(argv, self._environ())
        else:
            self._tell(f"{len(self.lock.pins)} packages were there already")

    def _environ(self) -> dict[str, str]:
        return installer.environ(self.settings, self.work, cache.folder(self.settings))

    def _compile(self, env: Path) -> None:
        self._tell("compiling modules")
        kept, processes = self.settings.uv_cache / "husk-bytecode", len(os.sched_getaffinity(0))
        argv = [sys.executable, "-I", "-S", bytecode.__file__, str(env / "lib"), str(kept), str(processes)]
        self._do(argv, {"LANG": "C.UTF-8"})

    def _do(self, argv: list[str], environ: dict[str, str]) -> None:
        ended = self._run(argv, environ, self._tell)
        if ended.why or ended.code:
            raise EnvironmentFailed(installer.reason(self.settings, ended, self._hidden()), self.lines)

    def _run(self, argv: list[str], environ: dict[str, str], tell: Callable[[str], None]) -> Ended:
        left = max(0.0, self._deadline - time.monotonic())
        bounds = installer.bounds(self.settings, left)
        return run(argv, self.work, environ, bounds, tell, self.cancelled)

    def _tell(self, line: str) -> None:
        text = installer.hidden(line, self._hidden())
        self.lines.append(text)
        self.say(text)

    def _hidden(self) -> list[Path]:
        return [self.work, self.settings.uv_cache]

    def _keep(self, env: Path) -> None:
        final = _place(self.settings, self.lock.digest)
        env.chmod(0o755)
        (env / ".lock").unlink(missing_ok=True)  # uv's own, which everybody could hold
        if final.exists() and not has(self.settings, self.lock.digest):
            # Its Python is gone: another one serves its kernels from now on.
            final.rename(self.work / "old")
        flush(env)
        try:
            env.rename(final)
        except OSError:
            # Another one built it meanwhile.
            if not has(self.settings, self.lock.digest):
                raise


def sizes(settings: Settings) -> dict[str, int]:
    """Bytes by digest of the environments that are there. Files that several share count for each."""
    places = [path for path in settings.environments_dir.glob("?" * 64) if DIGEST.fullmatch(path.name)]
    return {place.name: cache.size(place) for place in places}


def remove(settings: Settings, digest: str) -> None:
    """Remove it, if it is there. No kernel of it may run.

    Raises:
        Unavailable: it cannot be removed.
    """
    if not _place(settings, digest).exists():
        return
    try:
        with workplace(settings.environments_dir) as work:
            # At once, so that nobody meets half of it.
            _place(settings, digest).rename(work / "env")
            shutil.rmtree(work / "env")
        cache.bound(settings)
    except OSError as error:
        raise Unavailable(f"the environment cannot be removed: {error.strerror}") from None


def python_of(settings: Settings, digest: str) -> str:
    """The interpreter that its runners are started with.

    Raises:
        Unavailable: the runner's code cannot be laid where it finds it.
    """
    try:
        runner_code.lay(settings.environments_dir)
    except OSError as error:
        raise Unavailable(f"the runner's code cannot be linked: {error.strerror}") from None
    return str(_place(settings, digest) / "bin" / "python")


def _place(settings: Settings, digest: str) -> Path:
    if not DIGEST.fullmatch(digest):
        raise ValueError("not a digest of a lock")
    return settings.environments_dir / digest
