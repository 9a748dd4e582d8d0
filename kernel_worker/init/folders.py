"""The kernel's folders and who owns them."""

from __future__ import annotations

import os
import stat

from kernel_worker.init.order import Order


def make_folders(order: Order) -> None:
    """Make the three folders, closed to others. Raises ``OSError`` when that is not possible.

    In a container they are there with their owners, from the image: init has no right to give them away.
    """
    for path, uid in (
        (order.agent_dir, order.agent_uid),
        (order.runner_dir, order.runner_uid),
        (order.shared_dir, order.runner_uid),
    ):
        os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103 (pathlib costs init a megabyte)
        there = os.stat(path)  # noqa: PTH116
        if stat.S_IMODE(there.st_mode) != 0o700:
            os.chmod(path, 0o700)  # noqa: PTH101
        if uid is not None and (there.st_uid, there.st_gid) != (uid, uid):
            os.chown(path, uid, uid)
