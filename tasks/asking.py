"""Wishes about kernels: noted in the ledger by whoever accepts the request, carried out by lifecycle."""

from __future__ import annotations

import logging
import time

from kombu.exceptions import OperationalError

from broker_config import queues
from broker_config.wire.errors import WrongTransition
from broker_config.wire.states import DesiredState
from tasks.broker import AWAY
from tasks.kernels.decision import RESTART
from tasks.ledger import audit, kernels, quotas
from tasks.ledger.audit import Actor, Change
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session
from tasks.services import Services

SETTLE = "lifecycle.settle"
TRIES = 5
ACTIONS = {
    DesiredState.RUNNING: "kernel.start",
    DesiredState.STOPPED: "kernel.stop",
    DesiredState.DELETED: "kernel.delete",
}

log = logging.getLogger(__name__)


def ask(s: Session, kernel: Kernel, desired: DesiredState, restart: bool = False) -> str:
    """Note the wish in the caller's transaction; the nonce for ``tell``, after it has committed.

    ``restart`` (with ``running``): what runs ends first. Without it, a kernel that runs stays as it is.

    Raises:
        NotFound: it is deleted or about to be. WrongTransition: it changed just now, ask again.
    """
    nonce = kernels.intend(s, kernel, desired, time.time())
    if restart:
        nonce = RESTART + nonce
        kernels.update(s, kernel, intent_nonce=nonce)
    return nonce


def tell(services: Services, uid: str, nonce: str) -> None:
    """Wake lifecycle; best effort, since it looks at the ledger itself twice a second."""
    try:
        services.celery.send_task(SETTLE, args=[uid, nonce], queue=queues.LIFECYCLE, retry=False)
    except (*AWAY, OperationalError) as error:
        log.warning("kernel %s: lifecycle was not told (%s)", uid, type(error).__name__)


def wish(
    services: Services,
    uid: str,
    desired: DesiredState,
    restart: bool = False,
    actor: Actor | None = None,
) -> None:
    """Note a wish in a transaction of its own and tell lifecycle; ``actor`` is for the audit.

    Raises as ``ask``, and ``QuotaExceeded``: the owner's running kernels leave too little memory for a start.
    """
    for last in (*[False] * (TRIES - 1), True):
        try:
            with services.ledger.write() as s:
                kernel = kernels.get(s, uid)
                if kernel and desired is DesiredState.RUNNING:
                    quotas.check_start(s, kernel, quotas.quota_of(services.settings))
                nonce = ask(s, kernel, desired, restart) if kernel else None
                if kernel and actor is not None:
                    change = Change(ACTIONS[desired] if not restart else "kernel.restart", uid, {})
                    audit.note(s, actor, change, time.time())
        except WrongTransition:
            if last:
                raise
            continue
        break
    if nonce is not None:
        tell(services, uid, nonce)
