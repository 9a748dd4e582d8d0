"""Shared files: seen by every kernel of the same owner."""

from __future__ import annotations

from kernel_worker.runner.flowfile.session import session


def get_shared_location(filename: str) -> str:
    """Find the local path of a shared file or folder; its parents are made.

    If the store has the file (or, for a folder, what is in it) in a newer version, it is there when
    the call returns. What the cell writes below it is stored when the cell ends, however it ends, and is
    seen by every kernel of the same owner.

    Args:
        filename: a relative path, at most 1024 bytes.

    Returns:
        The absolute path on this kernel.

    Raises:
        TypeError: not a str.
        ValueError: an absolute path, ``..``, NUL, over 1024 bytes.
        RuntimeError: the store did not answer; nothing was changed.

    Example:
        path = flowfile.get_shared_location("reports/monthly.csv")
        df.collect().write_csv(path)
    """
    return session().shared.locate(filename)
