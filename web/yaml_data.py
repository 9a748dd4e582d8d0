"""YAML as data: what JSON has, and no more, read event by event so that no text costs more than its length.

No anchors and aliases, which blow up; no tags, which make objects; no key twice; no second document; no
dates, no `yes` for true. Numbers are JSON's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from broker_config.wire.errors import BadInput

DEEPEST = 50
MOST_VALUES = 1_000_000
"""As many as the largest flow may need; more are refused while they are read."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,4000})", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,4000})(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)


def read_yaml(text: str) -> Any:
    """The one document in a text.

    Raises:
        BadInput: it is no YAML, or more than data. The line is named.
    """
    reader = _Reader()
    try:
        for event in _events(text):
            reader.take(event)
    except yaml.YAMLError as error:
        raise BadInput(f"it is not YAML: {' '.join(str(error).split())[:500]}") from None
    return reader.document


def _events(text: str) -> Iterator[Any]:
    return iter(yaml.parse(text, Loader=_LOADER))


class _Reader:
    """Puts together what events say. ``document`` is there after the last."""

    def __init__(self) -> None:
        self.document: Any = None
        self._documents = 0
        self._values = 0
        # What is open: lists, and objects with the key that waits for its value.
        self._open: list[list[Any] | dict[str, Any]] = []
        self._keys: list[str | None] = []

    def take(self, event: Any) -> None:
        """One event; raises ``BadInput``."""
        if isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise BadInput(f"it holds several documents{_place(event)}")

    def _node(self, event: Any) -> None:
        self._values += 1
        if self._values > MOST_VALUES:
            raise BadInput(f"it holds more than {MOST_VALUES} values")
        _refuse(event)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        else:
            self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is None:
            self._key(event)
        else:
            self._put(_value(event))

    def _key(self, event: yaml.ScalarEvent) -> None:
        key = str(event.value)
        if key in self._open[-1]:
            raise BadInput(f"the key {key[:100]!r} stands twice{_place(event)}")
        self._keys[-1] = key

    def _begin(self, made: list[Any] | dict[str, Any], event: Any) -> None:
        if len(self._open) >= DEEPEST:
            raise BadInput(f"it is nested deeper than {DEEPEST}{_place(event)}")
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is None:
            raise BadInput(f"a key is text{_place(event)}")
        self._put(made)
        self._open.append(made)
        self._keys.append(None)

    def _put(self, value: Any) -> None:
        if not self._open:
            self.document = value
            return
        here, key = self._open[-1], self._keys[-1]
        if isinstance(here, list):
            here.append(value)
        elif key is not None:
            here[key] = value
            self._keys[-1] = None


def _refuse(event: Any) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise BadInput(f"anchors and aliases are not read{_place(event)}")
    if event.tag is not None:
        raise BadInput(f"tags are not read{_place(event)}")


def _value(event: yaml.ScalarEvent) -> Any:
    value = str(event.value) if event.style else read_plain(str(event.value))
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"a number is too large{_place(event)}")
    return value


def read_plain(text: str) -> Any:
    """What text without quotes means."""
    if text in _PLAIN:
        return _PLAIN[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _place(event: Any) -> str:
    mark = event.start_mark
    return "" if mark is None else f" (line {mark.line + 1})"
