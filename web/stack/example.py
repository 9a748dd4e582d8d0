"""The example of ``husk up``: real flights, put into shared files, and three cells that read them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker_config.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "flights"
CELLS = FOLDER / "delays.py"
KERNEL = "flights"
FLOW = "flights"
PREPARE_S = 120.0


@dataclass(frozen=True, slots=True)
class Preparation:
    """Tables that a process of its own turns into Parquet while the stack starts."""

    folder: Path
    process: subprocess.Popen[bytes]

    def files(self) -> list[Path]:
        """The Parquet files, waited for.

        Raises:
            OSError: they could not be made.
        """
        if self.process.wait(PREPARE_S) != 0:
            raise OSError(f"the tables of the example could not be made: see {self.folder / 'prepare.log'}")
        return sorted(self.folder.glob("*.parquet"))


@contextmanager
def made_ready(settings: Settings) -> Iterator[Preparation | None]:
    """Begin to make the example's tables; None where there is no checkout with the example."""
    if not CELLS.is_file():
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
