"""``log`` and its short forms: to the viewer as they happen. They never raise."""

from __future__ import annotations

from kernel_worker.runner.flowfile.session import session_or_none
from kernel_worker.runner.logs import send_line


def log(message: object, level: str = "INFO") -> None:
    """A line with ``level`` DEBUG, INFO, WARNING, ERROR or CRITICAL; another word counts as INFO."""
    session = session_or_none()
    if session is not None:
        send_line(session.outbox, message, level)


def log_info(message: object) -> None:
    """A line of level INFO."""
    log(message, "INFO")


def log_warning(message: object) -> None:
    """A line of level WARNING."""
    log(message, "WARNING")


def log_error(message: object) -> None:
    """A line of level ERROR."""
    log(message, "ERROR")
