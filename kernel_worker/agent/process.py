"""What an agent's process is to the system: untraceable, one log line a line."""

from __future__ import annotations

import ctypes
import logging
import sys
import time

PR_SET_DUMPABLE = 4

_libc = ctypes.CDLL(None, use_errno=True)


def forbid_tracing() -> None:
    """No core dump and no debugger for a process that holds credentials."""
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def log_to_stderr() -> None:
    """Plain lines with UTC time; Celery's own talk from warnings up."""
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("kernel_worker").setLevel(logging.INFO)
