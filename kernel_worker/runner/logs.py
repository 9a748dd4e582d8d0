"""``logging`` records on their way to the viewer."""

from __future__ import annotations

import logging
from typing import Any

from broker_config.wire.frames import LogLine
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.text import clean, safe_str

LONGEST_MESSAGE = 65_536
LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
ALIASES = {"WARN": "WARNING", "FATAL": "CRITICAL"}


def send_line(outbox: Outbox, message: object, level: object, logger: str = "flowfile") -> None:
    """One line to the viewer; unknown levels are INFO. Never raises but for an interrupt."""
    word = safe_str(level).strip().upper()
    word = ALIASES.get(word, word)
    text = clean(safe_str(message), LONGEST_MESSAGE)
    outbox.send(LogLine(word if word in LEVELS else "INFO", text, clean(logger, 200)))


class Relay(logging.Handler):
    """Handler on the root logger."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self._outbox = outbox

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, its traceback included; a record that cannot be formatted says so."""
        try:
            text = self.format(record)
        except Exception as error:  # a record's arguments are user code's
            text = f"{safe_str(record.msg)} (cannot be formatted: {type(error).__name__})"
        send_line(self._outbox, text, _word(record.levelno), record.name)


def _word(level: int) -> str:
    steps = ((50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"))
    return next((word for least, word in steps if level >= least), "DEBUG")


def keep_basic_config(relay: Relay) -> None:
    """Let ``logging.basicConfig`` do its work: it does nothing once the root logger has a handler."""
    original = logging.basicConfig

    def basic_config(**options: Any) -> None:
        root = logging.getLogger()
        root.removeHandler(relay)
        try:
            original(**options)
        finally:
            root.addHandler(relay)

    logging.basicConfig = basic_config
