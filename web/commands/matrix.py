"""``--matrix year=2011..2013``: values of parameters for many runs at once."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

from broker_config.wire.errors import BadInput
from web.commands.flow_parameters import value_of

MOST = 500
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

option = click.option(
    "--matrix",
    "matrix",
    multiple=True,
    metavar="NAME=VALUES",
    help="One run for each value: 2011..2013, or a,b; more than once: for all combinations.",
)


def matrix_of(declared: Mapping[str, Any], typed: Sequence[str]) -> dict[str, list[Any]]:
    """Parameter → its values, each of the type that the flow declares.

    Raises:
        BadInput: no ``=``, a name twice, no value, a range that is none, or a value of another type.
    """
    found: dict[str, list[Any]] = {}
    for text in typed:
        name, sign, values = text.partition("=")
        if not sign or not name or not values:
            raise BadInput(f"--matrix {text}: is NAME=FIRST..LAST or NAME=A,B")
        if name in found:
            raise BadInput(f"--matrix {name}: stands twice")
        found[name] = [value_of(name, declared.get(name), one) for one in _texts(name, values)]
    return found


def _texts(name: str, values: str) -> list[str]:
    first, dots, last = values.partition("..")
    if not dots:
        return values.split(",")
    if _WHOLE.fullmatch(first) and _WHOLE.fullmatch(last):
        _bounded(name, int(last) - int(first))
        return [str(one) for one in range(int(first), int(last) + 1)]
    if _DATE.fullmatch(first) and _DATE.fullmatch(last):
        return _days(name, first, last)
    raise BadInput(f"--matrix {name}: a range goes from one whole number or date to another")


def _days(name: str, first: str, last: str) -> list[str]:
    try:
        begin, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    except ValueError as error:
        raise BadInput(f"--matrix {name}: {error}") from None
    _bounded(name, (end - begin).days)
    return [(begin + datetime.timedelta(n)).isoformat() for n in range((end - begin).days + 1)]


def _bounded(name: str, steps: int) -> None:
    if steps < 0:
        raise BadInput(f"--matrix {name}: a range goes up")
    if steps >= MOST:
        raise BadInput(f"--matrix {name}: {steps + 1} values are too many; {MOST} are allowed")
