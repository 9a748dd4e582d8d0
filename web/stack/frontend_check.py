"""``python -m web.stack.frontend_check``: types, style and tests of the pages, told as npm tells it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from web.stack import frontend_build
from web.stack.install import VENV, CannotInstall, say

STEPS = ("lint", "test")


def main() -> int:
    """Exit code 0, else that of the first step that failed; 1 where there is no npm."""
    try:
        npm = frontend_build.find_npm()
        frontend_build.install_packages(npm)
    except (CannotInstall, OSError) as error:
        say(f"husk: {error}")
        return 1
    # The pages' types are made from the API's document, by our own Python.
    path = os.pathsep.join([str(Path(npm).parent), str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    for step in STEPS:
        done = subprocess.run(
            [npm, "run", "--silent", step],
            cwd=frontend_build.HOME,
            env={**os.environ, "PATH": path, "CI": "1"},
            stdin=subprocess.DEVNULL,
            timeout=frontend_build.LATEST_S,
            check=False,
        )
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
