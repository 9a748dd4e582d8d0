"""Which users a local kernel's agent and runner may have: decided by trying, once per process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

AGENT_UID = 10_001
RUNNER_UID = 10_002
PROBE_S = 20.0
# Finding a module imports its parents: light ones only, for a probe of some 50 ms.
PROBE = """
import os, sys
from importlib.util import find_spec
for name in ("celery", "redis", "IPython", "polars", "kernel_worker", "broker_config"):
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"the package {name} is not there for other users")
    open(spec.origin, "rb").close()
if not os.access(sys.argv[1], os.X_OK):
    sys.exit(f"the folder {sys.argv[1]} is below one that is closed to other users")
"""

Prober = Callable[[int, Path], str]
"""Tries as a uid whether a kernel could run with its folder below the given one; what is wrong, or ""."""


@dataclass(frozen=True, slots=True)
class Identities:
    """None: as the user that Husk runs as. ``why`` is the sentence for people."""

    agent_uid: int | None
    runner_uid: int | None
    why: str


def probe(uid: int, folder: Path) -> str:
    """A real try in a subprocess."""
    argv = [sys.executable, "-I", "-c", PROBE, str(folder)]
    try:
        done = subprocess.run(
            argv,
            check=False,
            user=uid,
            group=uid,
            extra_groups=[],
            capture_output=True,
            timeout=PROBE_S,
            cwd="/",
            env={},
        )
    except PermissionError:
        return f"{sys.executable} cannot be executed by other users"
    except (OSError, subprocess.SubprocessError) as error:
        return f"trying it failed ({type(error).__name__})"
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "Python does not start for other users"


def decide(folder: Path, prober: Prober = probe, root: bool | None = None) -> Identities:
    """Users of kernels whose folders are below ``folder``."""
    if not (os.geteuid() == 0 if root is None else root):
        return Identities(
            None, None, "not separated: Husk does not run as root, so agent and runner share its user"
        )
    for uid in (AGENT_UID, RUNNER_UID):
        wrong = prober(uid, folder)
        if wrong:
            return Identities(
                None, None, f"not separated: agent and runner share root's user, because {wrong}"
            )
    return Identities(
        AGENT_UID, RUNNER_UID, f"agent has uid {AGENT_UID}, runner has uid {RUNNER_UID}; no other isolation"
    )
