"""``husk exec``: run code in a kernel and watch it."""

from __future__ import annotations

import sys
from typing import Any

import click

from web.commands.cells import cells_of
from web.commands.door import opened
from web.commands.exits import FAILED, told
from web.commands.output import as_json, show_json
from web.commands.running import Left, run_cell_with_ctrl_c, run_cells
from web.commands.screen import SUCCEEDED, Screen


@click.command("exec")
@click.argument("kernel")
@click.argument("code", metavar="CODE|FILE.py|FILE.ipynb|-")
@click.option("--flow", "flow_id", help="Namespace of this flow; default: the kernel's loose one.")
@click.option("--timeout", "timeout_s", type=float, help="Seconds that each cell may run.")
@click.option(
    "--start/--no-start", default=True, show_default=True, help="Start the kernel if it does not run."
)
@as_json
@click.pass_context
@told
def execute(
    context: click.Context,
    kernel: str,
    code: str,
    flow_id: str | None,
    timeout_s: float | None,
    start: bool,
    json_wanted: bool,
) -> None:
    """Run code in KERNEL and stream what it does; a file's cells are parted by `# %%`.

    Ctrl-C interrupts the cell; a second one within 2 s leaves it running.
    """
    cells = [sys.stdin.read()] if code == "-" else cells_of(code)
    options = _options(flow_id=flow_id, timeout_s=timeout_s, start=start)
    with opened(context) as husk:
        try:
            screen = Screen(quiet=json_wanted)
            ended = run_cells(lambda cell: run_cell_with_ctrl_c(husk, kernel, cell, options, screen), cells)
        except Left:
            click.echo("left; the cell goes on", err=True)
            raise SystemExit(FAILED) from None
        if json_wanted:
            show_json([husk.executions.get(each.execution_id) for each in ended])
    if ended[-1].status != SUCCEEDED:
        raise SystemExit(FAILED)


def _options(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
