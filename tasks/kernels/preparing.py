"""A start whose environment is not there: the kernel is ``building`` until it is, or cannot be made."""

from __future__ import annotations

import logging
from collections.abc import Callable

from broker_config.wire.states import KernelState
from tasks.failpoints import reach
from tasks.kernels.life import Life, change, process_of
from tasks.kernels.restarting import begun
from tasks.kernels.stopping import delete_user
from tasks.ledger.models import Kernel

log = logging.getLogger(__name__)


def prepare(life: Life, row: Kernel, then: Callable[[], object]) -> None:
    """Show that it is built, and see that somebody does; ``then`` is called when that is over.

    A kernel whose start found no environment may have something left of its last run: that is ended.
    """
    if row.state != KernelState.BUILDING:
        if row.state != KernelState.STOPPED or process_of(row.runtime_ref):
            life.runtime_of(row).kill(row.uid, row.runtime_ref)
            delete_user(life, row.uid)
        fields, told = begun(row)
        row = change(life, row.uid, KernelState.BUILDING, told, **{**_blank(), **fields})
        log.info("kernel %s waits for its environment", row.uid)
    reach("build.row")
    life.builds.begin(row, then)


def _blank() -> dict[str, object]:
    return {"generation": None, "facts": {}, "runtime_ref": {}, "error": None, "redis_password_sha256": None}
