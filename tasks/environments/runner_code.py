"""The runner's code for environments of process kernels: links to where it is installed with Husk.

Links, so that an environment that was built by an earlier version runs the code of this one. The whole folder
that it is installed in would bring all that Husk is made of along.
"""

from __future__ import annotations

import contextlib
import os
from importlib.util import find_spec
from pathlib import Path

FOLDER = ".runner"
PTH = "husk.pth"
# As in the kernels' image.
PARTS = (
    "kernel_worker/__init__.py",
    "kernel_worker/runner",
    "broker_config/__init__.py",
    "broker_config/wire",
)


def lay(environments: Path) -> None:
    """Make the links, or mend them. Raises ``OSError``."""
    for part in PARTS:
        package, _, inside = part.partition("/")
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(2, f"the package {package} is not installed")
        _link(environments / FOLDER / part, str(Path(spec.origin).resolve().parent / inside))


def _link(link: Path, target: str) -> None:
    with contextlib.suppress(OSError):
        if str(link.readlink()) == target:
            return
    link.parent.mkdir(parents=True, exist_ok=True)
    for folder in (link.parent.parent, link.parent):
        folder.chmod(0o755)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def bring(site: Path) -> None:
    """Let an environment find it, behind its own packages; ``site`` is its ``site-packages``."""
    # Relative, so that the data folder can be moved: <environments>/<digest>/lib/python3.N/site-packages.
    # A package's own of that name would be a link into uv's cache.
    (site / PTH).unlink(missing_ok=True)
    (site / PTH).write_text(f"../../../../{FOLDER}\n")
    (site / PTH).chmod(0o644)
