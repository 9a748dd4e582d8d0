"""The kernel's folders and who owns them."""

from __future__ import annotations

import os

from kernel_worker.init.order import Order


def make_folders(order: Order) -> None:
    """Make the three folders, closed to others. Raises ``OSError`` when that is not possible."""
    for path, uid in (
        (order.agent_dir, order.agent_uid),
        (order.runner_dir, order.runner_uid),
        (order.shared_dir, order.runner_uid),
    ):
        os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103 (pathlib costs init a megabyte)
        os.chmod(path, 0o700)  # noqa: PTH101
        if uid is not None:
            os.chown(path, uid, uid)
