"""The example of ``husk up``: real flights, put into shared files, and three cells that read them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from broker_config.settings import Settings
from broker_config.wire.errors import Conflict, Unavailable
from web.client import Husk
from web.commands.cells import cells_of
from web.commands.changing import change
from web.commands.running import run_cell, run_cells
from web.commands.screen import SUCCEEDED, Screen
from web.stack.progress import Progress

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "flights"
CELLS = FOLDER / "delays.py"
KERNEL = "flights"
# Not interactive: after a crash the ledger may not know yet that an older namespace is gone.
OPTIONS = {"flow_id": "flights", "interactive": False, "start": True}
PREPARE_S = 120.0
LEAST_DISPLAYS = 2
"""A chart and a table."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Tables that a process of its own turns into Parquet while the stack starts."""

    folder: Path
    process: subprocess.Popen[bytes]

    def files(self) -> list[Path]:
        """The Parquet files, waited for.

        Raises:
            Unavailable: they could not be made.
        """
        if self.process.wait(PREPARE_S) != 0:
            raise Unavailable(f"the example's tables could not be made: see {self.folder / 'prepare.log'}")
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


def run(url: str, token: str, data: Preparation | None, progress: Progress) -> bool:
    """Upload the tables, run the cells, show what they show; whether all succeeded.

    Raises:
        HuskError: the API refused or did not answer. Unavailable: the tables could not be made.
    """
    if data is None:
        progress.note("no example here: it is part of the checkout")
        return True
    with Husk(url, token) as husk:
        with progress.step("example: flights into shared files"):
            for path in data.files():
                husk.files.put(f"flights/{path.name}", path)
        with progress.step(f"example: kernel {KERNEL}"):
            ensure_kernel(husk)
        screen = Screen()
        cells = cells_of(str(CELLS))
        ended = run_cells(lambda cell: run_cell(husk, KERNEL, cell, OPTIONS, screen), cells)
    return all(each.status == SUCCEEDED for each in ended) and screen.displays >= LEAST_DISPLAYS


def ensure_kernel(husk: Husk) -> None:
    """The example's kernel, made and running."""
    with suppress(Conflict):
        husk.kernels.create(KERNEL, name="Flights of 2013")
    change(husk, KERNEL, "start", {"ready", "executing"})
