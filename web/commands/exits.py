"""Exit codes of the command line, decided in one place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from broker_config.wire.errors import BadSettings, EngineAbsent, HuskError

FAILED, WRONG_USE, UNREACHABLE = 1, 2, 3

P = ParamSpec("P")
R = TypeVar("R")


def code_of(error: HuskError) -> int:
    """Exit code of an error: 3 for a server that is not there, 2 for wrong use, else 1."""
    if isinstance(error, BadSettings):
        return WRONG_USE
    # The first by its name: `husk status` has no need of the HTTP client.
    absent = type(error).__name__ == "NotReachable" or isinstance(error, EngineAbsent)
    return UNREACHABLE if absent else FAILED


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Say an error of ours in one line, and leave with its exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except HuskError as error:
            click.echo(f"husk: {error.message}", err=True)
            raise SystemExit(code_of(error)) from None

    return run
