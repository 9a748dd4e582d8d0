"""Whether a kernel's local artifacts outlive its process: ``persistence`` and ``recovery_mode``."""

from __future__ import annotations

import logging
import time

from tasks.kernels.life import Life
from tasks.ledger import artifacts
from tasks.ledger.models import Kernel

CLEAR = "clear"

log = logging.getLogger(__name__)


def forget_at_stop(life: Life, row: Kernel) -> None:
    """No process of it lives: without persistence what it published ends with it."""
    if not row.persistence:
        _forget(life, row, "it keeps none over a stop")


def forget_at_start(life: Life, row: Kernel) -> None:
    """The same for one that ended by itself; and ``clear`` begins without."""
    if not row.persistence or row.recovery_mode == CLEAR:
        _forget(life, row, "it begins without")


def _forget(life: Life, row: Kernel, why: str) -> None:
    with life.services.ledger.write() as s:
        count = artifacts.clear_kernel(s, row.uid, time.time())
    if count:
        log.info("kernel %s: %d artifacts are forgotten: %s", row.uid, count, why)
