"""What one process of the agent works with, and the recording of one execution."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from kernel_worker.agent.desk import Desk
from kernel_worker.agent.emitter import Emitter
from kernel_worker.agent.journal import Claim, Journal
from kernel_worker.agent.kernel import Kernel
from kernel_worker.agent.output import Output
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.spool import Spool
from kernel_worker.agent.transfers import Store


@dataclass(frozen=True, slots=True)
class Tools:
    """Connections and files of one process; made after the fork."""

    kernel: Kernel
    client: redis.Redis
    publisher: Publisher
    journal: Journal
    desk: Desk
    store: Store


def make_tools(kernel: Kernel, client: redis.Redis, publisher: Publisher, journal: Journal) -> Tools:
    """Tools around a client and a journal; connects to nothing."""
    desk = Desk(client, kernel.uid)
    return Tools(kernel, client, publisher, journal, desk, Store(desk, kernel.uid))


@dataclass(frozen=True, slots=True)
class Recording:
    """One claimed execution's events, spool and output."""

    claim: Claim
    spool: Spool
    emitter: Emitter
    output: Output


def record(tools: Tools, claim: Claim) -> Recording:
    """Begin a recording, or go on with the one that a dead process left."""
    limits = tools.kernel.boot.limits
    spool = Spool(tools.kernel.spool, claim.execution_id, limits.stream_full_bytes)
    emitter = Emitter(claim.execution_id, tools.publisher, spool)
    output = Output(limits, spool, emitter, tools.store)
    # Number 0 is `started`'s.
    emitter.continue_at(max(output.replay(), int(claim.began)))
    return Recording(claim, spool, emitter, output)
