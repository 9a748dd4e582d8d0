"""Following a run from the command line, with Ctrl-C that asks about the run and ends only the following."""

from __future__ import annotations

import sys
from typing import Any

import click

from broker_config.wire.errors import Conflict
from web.client import Husk
from web.client_parts.runs import OPEN
from web.commands.run_screen import RunScreen, verdict


class Left(Exception):
    """Nobody follows any more; the run goes on."""


def watch(husk: Husk, run_id: str, screen: RunScreen | None = None) -> dict[str, Any]:
    """Show a run to its end; the run then.

    Ctrl-C asks whether to cancel it; another one leaves. Raises ``Left``.
    """
    screen = screen or RunScreen()
    while True:
        try:
            with screen:
                for event in husk.runs.events(run_id):
                    screen.show(event)
        except KeyboardInterrupt:
            _ask(husk, run_id)
        else:
            if screen.run.get("state") not in OPEN:
                return screen.run


def _ask(husk: Husk, run_id: str) -> None:
    """Whether to cancel; without somebody to ask the answer is to leave."""
    try:
        if not sys.stdin.isatty():
            raise Left
        click.echo(err=True)
        if click.confirm("Cancel the run? (Ctrl-C leaves it running)", err=True):
            husk.runs.cancel(run_id)
    except (click.Abort, KeyboardInterrupt):
        raise Left from None
    except Conflict:
        pass  # it has ended meanwhile, which the events will tell


def tell(run: dict[str, Any]) -> None:
    """The end of a run, on the screen."""
    click.echo(verdict(run), err=True)
