"""Kernels' processes end with their stack."""

from __future__ import annotations

import os
import subprocess
import sys

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable

KERNELS_STOP_S = 17.0


def stop_kernels(settings: Settings) -> None:
    """End kernels' processes; they are started again by the next start.

    Raises:
        Unavailable: some may be left; the next start ends or adopts them.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tasks", "lifecycle", "--stop-kernels"],
            env={**os.environ, "HUSK_DATA_DIR": str(settings.data_dir.resolve())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=KERNELS_STOP_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0:
        raise Unavailable("some kernels' processes may be left: the next `husk up` ends or adopts them")
