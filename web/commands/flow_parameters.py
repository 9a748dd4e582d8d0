"""Values of a flow's parameters as people type them: ``name=value``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from broker_config.wire.errors import BadInput

option = click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; more than once."
)


def values(declared: Mapping[str, Any], typed: Sequence[str]) -> dict[str, Any]:
    """The values, each of the type that the flow declares for it.

    Raises:
        BadInput: no ``=``, a name twice, or a text that is not of its type.
    """
    found: dict[str, Any] = {}
    for text in typed:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise BadInput(f"--param {text}: is NAME=VALUE")
        if name in found:
            raise BadInput(f"--param {name}: stands twice")
        found[name] = value_of(name, declared.get(name), value)
    return found


def value_of(name: str, declared: Any, text: str) -> Any:
    """A text as the type that is declared; what is not declared goes as text, and the server refuses it.

    Raises:
        BadInput: it is not of that type.
    """
    kind = declared.get("type") if isinstance(declared, Mapping) else None
    read = _READ.get(str(kind))
    try:
        return text if read is None else read(text)
    except (ValueError, KeyError):
        raise BadInput(f"--param {name}: {text!r} is not of the type {kind}") from None


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


_READ: dict[str, Callable[[str], Any]] = {"integer": int, "number": _number, "boolean": _truth}
