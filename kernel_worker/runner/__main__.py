"""``python -P -m kernel_worker.runner``: started by init with two sockets, in the kernel's environment."""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import socket
import sys
from pathlib import Path

from kernel_worker.runner.interrupts import Interrupts


def main() -> None:
    """Take over the sockets, install the signal handler, then load IPython and run cells."""
    args = _arguments()
    interrupts = Interrupts()
    interrupts.install()  # before anything can import polars
    _settle()
    gc.disable()  # next to nothing of a module is garbage, and going through them is a seventh of loading
    from kernel_worker.runner.assembly import assemble

    gc.freeze()
    gc.enable()
    cells, control = (_adopt(fd) for fd in (args.cells, args.control))
    assemble(cells, control, args.generation, args.namespaces, args.shared, interrupts).run()
    os._exit(0)  # threads and finalizers of user code do not get to keep a runner alive


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kernel_worker.runner")
    parser.add_argument("--cells", type=int, required=True, help="descriptor of the cells channel")
    parser.add_argument("--control", type=int, required=True, help="descriptor of the control channel")
    parser.add_argument("--generation", required=True, help="id of this runner")
    parser.add_argument("--namespaces", type=int, default=20, help="flow namespaces kept")
    parser.add_argument("--shared", type=Path, required=True, help="folder of shared files")
    return parser.parse_args()


def _settle() -> None:
    """Where a crash is told; import path and matplotlib's backend for user code."""
    faulthandler.enable(os.dup(2), all_threads=False)  # cells get a descriptor 2 of their own
    # Its own modules are found, but a json.py in the working folder does not stand in for Python's.
    here = str(Path.cwd())
    sys.path[:] = [*(p for p in sys.path if p not in {"", here}), here]
    if os.environ.get("MPLBACKEND", "agg").lower() == "agg":
        os.environ["MPLBACKEND"] = "module://kernel_worker.runner.display.backend"


def _adopt(fd: int) -> socket.socket:
    os.set_inheritable(fd, False)
    return socket.socket(fileno=fd)


if __name__ == "__main__":
    main()
