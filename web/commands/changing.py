"""A kernel that is asked for something, and waited for; what its environment's building says meanwhile."""

from __future__ import annotations

import time

import click

from broker_config.wire.errors import HuskError, Unavailable
from web.client import Husk
from web.client_parts.shapes import Kernel

WAIT_S = 130.0
BUILD_S = 900.0
"""Over what an environment's building may take."""
POLL_S = 0.1
LINES_S = 0.5


def change(husk: Husk, kernel_id: str, verb: str, wanted: set[str] | None) -> Kernel:
    """Ask for a change, and wait until the kernel is in one of the states wanted (None: do not wait).

    Raises:
        HuskError: it ended in another state, with its own words. Unavailable: it takes too long.
    """
    before = husk.kernels.get(kernel_id)["state_since"] if verb == "restart" else None
    row: Kernel = getattr(husk.kernels, verb)(kernel_id)
    return row if wanted is None else until(husk, kernel_id, wanted, before)


def until(husk: Husk, kernel_id: str, wanted: set[str], changed_since: str | None = None) -> Kernel:
    """Wait for one of the states wanted; ``changed_since``: entered after that moment."""
    begun, lines = time.monotonic(), Lines(husk, kernel_id)
    deadline = begun + WAIT_S
    while time.monotonic() < deadline:
        row = husk.kernels.get(kernel_id)
        if row["state"] == "building":
            deadline = min(time.monotonic() + WAIT_S, begun + BUILD_S)
        lines.follow(row)
        if row["state"] in wanted and row["state_since"] != changed_since:
            return row
        failed = row["state"] == "error" and row["error"] and row["restart_at"] is None
        if failed and row["desired_state"] == "running":
            raise HuskError(f"kernel {kernel_id}: {row['error']}")
        if "ready" in wanted and row["desired_state"] != "running":
            raise HuskError(f"kernel {kernel_id} was stopped meanwhile")
        time.sleep(POLL_S)
    raise Unavailable(f"kernel {kernel_id} is still {row['state']} after {WAIT_S:g} s")


class Lines:
    """Shows what building says, each line once, while it goes on; to standard error."""

    def __init__(self, husk: Husk, kernel_id: str) -> None:
        self._husk = husk
        self._kernel_id = kernel_id
        self._shown: list[str] = []
        self._began = False
        self._looked = 0.0

    def follow(self, row: Kernel) -> None:
        """Look again if it builds, or has just ended to."""
        building = row["state"] == "building"
        if not (building or self._began) or time.monotonic() - self._looked < LINES_S:
            return
        if not self._began:
            click.echo("building its environment", err=True)
        self._began, self._looked = building, time.monotonic()
        lines = self._husk.kernels.build(self._kernel_id)["lines"]
        for line in new_lines(self._shown, lines):
            click.echo(click.style(f"  {line}", dim=True), err=True)
        self._shown = lines


def new_lines(shown: list[str], now: list[str]) -> list[str]:
    """What a log says that has not been shown; its beginning may have been cut off meanwhile."""
    for start in range(len(shown) + 1):
        if shown[start:] == now[: len(shown) - start]:
            return now[len(shown) - start :]
    return now
