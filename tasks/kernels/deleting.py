"""Delete a kernel: process, queue, keys, objects, folder, row; as often as it takes."""

from __future__ import annotations

import contextlib
import logging
import time

from broker_config.wire.errors import Unavailable
from broker_config.wire.states import KernelState
from tasks.closing import close_all
from tasks.failpoints import reach
from tasks.kernels import broker
from tasks.kernels.life import Life, read
from tasks.kernels.stopping import stop
from tasks.ledger import files, kernels
from tasks.ledger.models import Kernel
from tasks.objects.keys import kernel_prefix

WAITING_FILES = 100_000

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
    with life.services.ledger.read() as s:
        # Shared files outlive the kernel that wrote them: housekeeping moves these to their owner.
        kept = {file.object_key for file in files.unpromoted(s, WAITING_FILES)}
    for found in life.services.store.list(kernel_prefix(uid)):
        if found.key not in kept:
            life.services.store.remove(found.key)


def _mark(life: Life, uid: str) -> None:
    row = read(life, uid)
    if row is None or row.state != KernelState.STOPPED:
        return
    with life.services.ledger.write() as s:
        kernels.mark_deleted(s, row, time.time())
