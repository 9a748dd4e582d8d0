"""``python -I -m kernel_worker.init``: reads one line of ``messages.Boot`` from standard input."""

from __future__ import annotations

import sys

from kernel_worker.init.folders import make_folders
from kernel_worker.init.order import BadOrder, NoOrder, read_order
from kernel_worker.init.privileges import enter_cgroup, harden_init
from kernel_worker.init.supervisor import Supervisor, log

UNTOLD = 3


def main() -> int:
    """Exit code: 0 after a shutdown, 128 and its number after a signal, 2 when the order cannot be read or
    carried out, ``UNTOLD`` without one."""
    try:
        order = read_order(sys.stdin.buffer)
        sys.stdin.close()
        harden_init()
        if order.cgroup:
            enter_cgroup(order.cgroup)
        make_folders(order)
    except (BadOrder, OSError) as error:
        log(f"cannot start this kernel: {error}")
        return UNTOLD if isinstance(error, NoOrder) else 2
    return Supervisor(order).run()


if __name__ == "__main__":
    sys.exit(main())
