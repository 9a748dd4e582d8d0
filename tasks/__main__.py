"""``python -m tasks NAME [ARGUMENTS]``: one of the processes beside the web and the kernels."""

from __future__ import annotations

import sys
from importlib import import_module

from broker_config.memory import loading

NAMES = ("desk", "housekeeping", "lifecycle", "recorder")


def main(argv: list[str]) -> int:
    """The process's own exit code; 2 where there is none of that name."""
    if not argv or argv[0] not in NAMES:
        sys.stderr.write(f"usage: python -m tasks {'|'.join(NAMES)}\n")
        return 2
    with loading():
        module = import_module(f"tasks.{argv[0]}")
    return int(module.main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
