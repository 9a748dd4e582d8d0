"""Start a kernel: row, Redis user, groups, journal, folders, process, in this order.

A crash between any two leaves a row in ``starting`` without a process (an init whose starter died
before it got its message ends by itself) or with one that ``process.json`` names: started again or adopted.
"""

from __future__ import annotations

import logging
import os
import time
from urllib.parse import urlsplit

from broker_config.acl import kernel_user, password_hash
from broker_config.settings import Settings
from broker_config.wire.messages import BrokerAddress, Limits
from broker_config.wire.names import new_token
from broker_config.wire.states import KernelState
from tasks import sealed
from tasks.failpoints import reach
from tasks.kernels import broker
from tasks.kernels.keeping import forget_at_start
from tasks.kernels.life import INTENT, Life, change, process_of
from tasks.kernels.restarting import begun
from tasks.ledger import broker as ledger_broker
from tasks.ledger.models import Kernel
from tasks.runtimes.base import KernelSpec

GB = 1_000_000_000

log = logging.getLogger(__name__)


def start(life: Life, row: Kernel, anew: bool = False) -> None:
    """Bring the kernel's process up; the recorder moves it to ``ready``.

    The time that a start may take runs from its first try, and again from when there is a process.
    ``anew``: from this try, since nobody was there to try before.

    Raises:
        KernelStartFailed: with a sentence for people. Unavailable: try again.
    """
    reach("start.begun")
    uid, client = row.uid, life.services.redis
    password = new_token()
    spec = make_spec(life.services.settings, row, password)
    runtime = life.runtime_of(row)
    if row.state != KernelState.STOPPED or process_of(row.runtime_ref):
        runtime.kill(uid, row.runtime_ref)
    hashed = password_hash(password)
    fields, told = begun(row)
    fields = {**_blank(), **fields, "redis_password_sha256": hashed}
    if anew:
        fields["state_since"] = time.time()
    change(life, uid, KernelState.STARTING, told, **fields)
    reach("start.row")
    forget_at_start(life, row)
    reach("start.artifacts")
    broker.make_user(client, uid, hashed)
    reach("start.user")
    broker.make_groups(client, uid)
    reach("start.groups")
    _ask_journal(life, row)
    reach("start.journal")
    life.doors.open(runtime.gateways())
    boot = runtime.boot(spec)
    reach("start.folders")
    ref = runtime.start(boot, lambda step: reach(f"start.{step}"))
    change(life, uid, runtime_ref={**ref, INTENT: row.intent_nonce}, state_since=time.time())
    reach("start.done")
    log.info("kernel %s is starting as %s %s", uid, runtime.name, ref.get("pid") or ref.get("container"))


def _blank() -> dict[str, object]:
    return {"generation": None, "facts": {}, "runtime_ref": {}, "error": None}


def _ask_journal(life: Life, row: Kernel) -> None:
    with life.services.ledger.read() as s:
        epoch = ledger_broker.epoch(s)
    if epoch is None or row.journal_epoch == epoch:
        return
    if life.runtime_of(row).has_journal(row.uid):
        broker.ask_journal(life.services.redis, row.uid, epoch)
    else:
        # It never ran: there is nothing that it could have claimed.
        change(life, row.uid, journal_epoch=epoch)


def make_spec(settings: Settings, row: Kernel, password: str) -> KernelSpec:
    """What the runtime is told. Raises ``KernelStartFailed`` when the env values cannot be read."""
    limits = Limits(
        memory_bytes=int(row.memory_gb * GB),
        cpu_cores=min(row.cpu_cores, float(len(os.sched_getaffinity(0)))),
        namespaces=settings.namespaces_per_kernel,
        stream_head_bytes=settings.stream_head_bytes,
        stream_tail_bytes=settings.stream_tail_bytes,
        stream_full_bytes=settings.stream_full_bytes,
    )
    port = settings.redis_kernel_port or urlsplit(settings.embedded_redis_url).port or 6379
    return KernelSpec(
        uid=row.uid,
        kernel_id=row.slug,
        limits=limits,
        broker=BrokerAddress(settings.redis_kernel_host, port, kernel_user(row.uid), password),
        env=sealed.unseal(settings, row.env_encrypted),
        owner=str(row.owner_id),
        intent=row.intent_nonce or "",
        network="isolated" if row.network == "isolated" else "internet",
        flavour=row.flavour,
        gpu=row.gpu,
        environment=row.lock_digest,
        recovery_mode=row.recovery_mode,
    )
