"""The example "late flights": its flow, its kernels, and its tables, which are made from a package's data."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
FOLDER = EXAMPLES / "flights"
FLOW = EXAMPLES / "late_flights" / "flow.yaml"
KERNEL = "flights"
KERNELS = {KERNEL: "Flights of 2013", "models": "Models"}
SHARED = "flights/"
"""The folder of shared files in which the flow looks for its tables."""
PREPARE_S = 120.0


@dataclass(frozen=True, slots=True)
class Preparation:
    """Tables that a process of its own turns into Parquet."""

    folder: Path
    process: subprocess.Popen[bytes]

    def files(self) -> list[Path]:
        """The Parquet files, waited for.

        Raises:
            Unavailable: they could not be made.
        """
        try:
            failed = self.process.wait(PREPARE_S) != 0
        except subprocess.TimeoutExpired:
            failed = True
        if failed:
            raise Unavailable(f"the example's tables could not be made: see {self.folder / 'prepare.log'}")
        return sorted(self.folder.glob("*.parquet"))


def is_here() -> bool:
    """Whether this is a checkout, which has the example."""
    return FLOW.is_file()


@contextmanager
def made_ready(settings: Settings) -> Iterator[Preparation | None]:
    """Begin to make the example's tables; None where there is no checkout with the example."""
    if not is_here():
        yield None
        return
    folder = settings.data_dir.resolve() / "examples" / "flights"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "prepare.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(FOLDER / "prepare.py"), str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield Preparation(folder, process)
    finally:
        process.kill()
        process.wait()
