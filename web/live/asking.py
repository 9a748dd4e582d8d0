"""Questions to a kernel, answered beside a running cell: completions, inspections, variables."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import redis

from broker_config import keys
from broker_config.wire.errors import KernelNotRunning, Unavailable
from broker_config.wire.messages import Ask
from broker_config.wire.states import KernelState
from tasks.control_list import tell
from tasks.ledger.models import Kernel
from web.live.entries import Entry
from web.live.interest import Interest
from web.live.reader import Reader

ANSWER_S = 3.0
"""The kernel gives up after 2 s and says so."""
MOST_WAITING = 50


def ask(
    reader: Reader, client: redis.Redis, kernel: Kernel, kind: str, args: dict[str, Any]
) -> dict[str, Any]:
    """The kernel's answer, as it was written there: the caller checks its shape.

    Raises:
        KernelNotRunning: the kernel is not ready.
        Unavailable: no answer in ``ANSWER_S`` seconds, or one that says why there is none.
    """
    if kernel.state != KernelState.READY:
        raise KernelNotRunning(f"the kernel is {kernel.state}: only a ready one answers")
    uid, request = kernel.uid, secrets.token_hex(8)
    asker = _Asker(Interest(frozenset({uid}), pulses=False))
    reader.subscribe(asker)
    try:
        came = reader.expect(uid, request)
        try:
            if int(client.llen(keys.ctl(uid))) > MOST_WAITING:
                raise Unavailable("the kernel takes no questions at the moment")
            tell(client, uid, Ask(request, kind, args))
            came.wait(ANSWER_S)
        finally:
            answer = reader.answer(uid, request)
    finally:
        reader.unsubscribe(asker)
    if answer is None:
        raise Unavailable(f"the kernel did not answer within {ANSWER_S:g} s")
    if answer.error is not None:
        raise Unavailable(f"the kernel could not answer: {answer.error}")
    return answer.data


@dataclass(eq=False)
class _Asker:
    """Lets the kernel's stream be read; what else comes there is not for it."""

    interest: Interest

    def take(self, entries: list[Entry]) -> None:
        """Nothing to do: the answer comes by ``Reader.answer``."""
