"""Delete a kernel: process, queue, keys, objects, folder, row; as often as it takes."""

from __future__ import annotations

import contextlib
import logging
import time
from itertools import islice

from broker_config.wire.errors import Unavailable
from broker_config.wire.states import KernelState
from tasks.closing import close_all
from tasks.failpoints import reach
from tasks.kernels import broker
from tasks.kernels.life import Life, read
from tasks.kernels.stopping import stop
from tasks.ledger import artifacts, doomed, kernels
from tasks.ledger.models import Kernel
from tasks.objects.keys import kernel_prefix

MOST_IN_A_PART = 1_000

log = logging.getLogger(__name__)


def delete(life: Life, row: Kernel) -> bool:
    """Delete all of it; False when its end has to be waited for. Raises ``Unavailable``: try again."""
    if not stop(life, row):
        return False
    reach("delete.stopped")
    close_all(life.services, row.uid, "the kernel was deleted while this cell ran")
    reach("delete.queue")
    broker.remove_keys(life.services.redis, row.uid)
    reach("delete.keys")
    _remove_objects(life, row.uid)
    reach("delete.objects")
    life.runtime_of(row).purge(row.uid)
    reach("delete.folder")
    _mark(life, row.uid)
    # A recorder or desk that saw the streams go may have made them again while the row was there.
    with contextlib.suppress(Unavailable):
        broker.remove_keys(life.services.redis, row.uid)
    broker.wake(life.services.redis, row.uid)
    reach("delete.done")
    log.info("kernel %s is deleted", row.uid)
    return True


def _remove_objects(life: Life, uid: str) -> None:
    """With its local artifacts. Shared files, outputs and global artifacts outlive their kernel.

    Housekeeping moves what is left of these to their owner.
    """
    with life.services.ledger.write() as s:
        artifacts.delete_kernel(s, uid)
    found = (one.key for one in life.services.store.list(kernel_prefix(uid)))
    while keys := list(islice(found, MOST_IN_A_PART)):
        with life.services.ledger.read() as s:
            named = doomed.named(s, keys)
        for key in keys:
            if key not in named:
                life.services.store.remove(key)


def _mark(life: Life, uid: str) -> None:
    row = read(life, uid)
    if row is None or row.state != KernelState.STOPPED:
        return
    with life.services.ledger.write() as s:
        kernels.mark_deleted(s, row, time.time())
