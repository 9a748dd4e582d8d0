"""Lengths of time as people type them."""

from __future__ import annotations

import re

import click

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
OFF = ("off", "never")
_ONE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|min|m|h|d|)", re.ASCII)


class Duration(click.ParamType[float]):
    """``90``, ``45s``, ``30m``, ``1.5h``, ``2d`` in seconds; ``off``: 0."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds."""
        if isinstance(value, float):
            return value
        text = str(value).strip().lower()
        found = _ONE.fullmatch(text)
        if text in OFF:
            return 0.0
        if found is None or not float(found[1]):
            self.fail(f"{value!r} is no length of time: 45s, 30m, 2h or 1d are, and off", param, ctx)
        return float(found[1]) * UNITS[found[2]]
