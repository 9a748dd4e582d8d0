"""The S3 SDK, loaded when it is first used: an agent without uploads does not hold it."""

from __future__ import annotations

import threading

_loading = threading.Lock()


def load() -> None:
    """Have it loaded, by one thread alone.

    Its modules import each other in a circle: of two threads that begin to import it at once, one may find a
    module half made, which is an ``ImportError``.
    """
    with _loading:
        import minio  # noqa: F401
