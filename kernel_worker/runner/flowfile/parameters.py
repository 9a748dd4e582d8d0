"""The flow's parameters, as code reads them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from broker_config.wire.flows import ReadParameters
from kernel_worker.runner.flowfile.session import parts

DATE = "date"


class Parameters(Mapping[str, Any]):
    """The values of the flow's parameters, by name; read-only.

    A run has those that it was started with, else the defaults of its version of the flow. Cells have the
    defaults of the flow as it was saved last, and none in what is no saved flow. Text is ``str``, a whole
    number ``int``, a number ``int`` or ``float``, a truth ``bool``, a date ``datetime.date``.

    Raises:
        KeyError: there is no parameter of that name; the message lists those there are.

    Example:
        year = flowfile.parameters["year"]
        verbose = flowfile.parameters.get("verbose", False)
    """

    def __getitem__(self, name: str) -> Any:
        found = _values()
        if name not in found:
            there = ", ".join(map(str, found)) or "none"
            raise KeyError(f"there is no parameter {name!r}; there are: {there}")
        return _as_code_sees(found[name])

    def __iter__(self) -> Iterator[str]:
        return iter(_values())

    def __len__(self) -> int:
        return len(_values())

    def __contains__(self, name: object) -> bool:
        return name in _values()

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Callable[..., dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


parameters = Parameters()


def _values() -> Mapping[str, Any]:
    """As the wire has them. A cell of no run asks, once."""
    here = parts()
    shell = here.shell()
    if shell.parameters is None:
        shell.parameters = dict(here.calls.ask(ReadParameters()).data["parameters"])
    return shell.parameters


def _as_code_sees(value: Any) -> Any:
    return datetime.date.fromisoformat(value[DATE]) if isinstance(value, dict) else value
