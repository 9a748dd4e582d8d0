"""What a thread of the agent that settles executions works with, and the recording of one execution."""

from __future__ import annotations

from dataclasses import dataclass, field

import redis

from kernel_worker.agent.broker import Line
from kernel_worker.agent.content import Content
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.emitter import Emitter
from kernel_worker.agent.interruptions import Interruptions
from kernel_worker.agent.journal import Claim, Journal
from kernel_worker.agent.kernel import Kernel
from kernel_worker.agent.output import Output
from kernel_worker.agent.publisher import Publisher
from kernel_worker.agent.spool import Spool
from kernel_worker.agent.transfers import Store


@dataclass(frozen=True, slots=True)
class Tools:
    """Connections and files. ``line`` is one thread's, the others all threads'."""

    kernel: Kernel
    client: redis.Redis
    line: Line
    publisher: Publisher
    journal: Journal
    desk: Desk
    store: Store
    content: Content
    interruptions: Interruptions = field(default_factory=Interruptions)


def make_tools(
    kernel: Kernel,
    client: redis.Redis,
    publisher: Publisher,
    journal: Journal,
    content: Content,
    interruptions: Interruptions,
) -> Tools:
    """Tools of one thread around what all share; connects to nothing."""
    desk = Desk(client, kernel.uid)
    store = Store(desk, kernel.uid, kernel.boot.limits.store_patience_s)
    return Tools(kernel, client, Line(client), publisher, journal, desk, store, content, interruptions)


@dataclass(frozen=True, slots=True)
class Recording:
    """One claimed execution's events, spool and output."""

    claim: Claim
    spool: Spool
    emitter: Emitter
    output: Output


def record(tools: Tools, claim: Claim) -> Recording:
    """Begin a recording. Touches no file and no connection."""
    limits = tools.kernel.boot.limits
    spool = Spool(tools.kernel.spool, claim.execution_id, limits.stream_full_bytes)
    emitter = Emitter(claim.execution_id, tools.publisher, spool)
    return Recording(claim, spool, emitter, Output(limits, spool, emitter, tools.store))


def record_on(tools: Tools, claim: Claim) -> Recording:
    """Go on with the recording that a dead process left."""
    recording = record(tools, claim)
    seq = recording.output.replay()
    if claim.began:
        recording.emitter.continue_at(seq)
    return recording
