"""``python -I -m kernel_worker.agent --init FD``: started by init, its boot message on standard input."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

from broker_config.memory import loading

with loading():
    from celery import signals
    from celery.exceptions import SecurityWarning

    from broker_config.wire.codec import decode
    from broker_config.wire.errors import BadMessage
    from broker_config.wire.messages import Boot
    from kernel_worker.agent.init_client import InitClient
    from kernel_worker.agent.kernel import Kernel
    from kernel_worker.agent.process import forbid_tracing, log_to_stderr
    from kernel_worker.agent.worker import run_worker


def main(argv: list[str]) -> int:
    """Exit code: 0 after a stop, 2 when the boot message cannot be read."""
    forbid_tracing()
    log_to_stderr()
    # Whose uid the agent has is decided, and told to people, by whoever wrote the boot message.
    warnings.simplefilter("ignore", SecurityWarning)
    try:
        boot = decode(Boot, sys.stdin.buffer.readline())
    except BadMessage as error:
        logging.getLogger(__name__).critical("the boot message could not be read: %s", error)
        return 2
    signals.setup_logging.connect(_logging_is_set_up, weak=False)
    run_worker(Kernel(boot, InitClient(int(argv[argv.index("--init") + 1]))))
    return 0


def _logging_is_set_up(**_: Any) -> None:
    """Celery leaves logging alone when this signal has a receiver."""


if __name__ == "__main__":
    sys.exit(main(sys.argv))
