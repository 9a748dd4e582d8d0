"""Shared files: seen by every kernel of the same owner."""

from __future__ import annotations

from kernel_worker.runner.flowfile.session import session


def get_shared_location(filename: str) -> str:
    """Local path of a shared file or folder; its parents are made.

    If the store has the file (or, for a folder, what is in it) in a newer version, it is there when
    the call returns. What the cell writes below it is stored when the cell ends, however it ends.

    Raises:
        ValueError: an absolute path, ``..``, NUL, over 1024 bytes.
        SharedFilesUnavailable: the store did not answer; nothing was changed.
    """
    return session().shared.locate(filename)
