"""``log`` and its short forms: to the viewer as they happen. They never raise."""

from __future__ import annotations

from kernel_worker.runner.flowfile.session import session_or_none
from kernel_worker.runner.logs import send_line


def log(message: object, level: str = "INFO") -> None:
    """Send a line to the log as it happens; it never raises.

    Args:
        message: any object; its ``str``.
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL; another word counts as INFO.

    Example:
        flowfile.log("three tables are read")
    """
    session = session_or_none()
    if session is not None:
        send_line(session.outbox, message, level)


def log_info(message: object) -> None:
    """Send a line of level INFO.

    Args:
        message: any object; its ``str``.
    """
    log(message, "INFO")


def log_warning(message: object) -> None:
    """Send a line of level WARNING.

    Args:
        message: any object; its ``str``.
    """
    log(message, "WARNING")


def log_error(message: object) -> None:
    """Send a line of level ERROR.

    Args:
        message: any object; its ``str``.
    """
    log(message, "ERROR")
