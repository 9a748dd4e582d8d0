"""Streams of events: of one execution, of a kernel, and the one that a page keeps open."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Response, request
from pydantic import Field

from broker_config.wire.errors import BadField
from tasks.ledger import executions
from tasks.ledger.models import Execution, User
from web.api.completed import recorded_events
from web.api.documents import binary, resource
from web.api.executions import find_execution
from web.api.kernel_view import KernelView
from web.api.kernels import find
from web.api.paths import ExecutionPath, KernelPath
from web.auth.login import given
from web.context import Web, caller, web
from web.live import cursor
from web.live.execution_feed import ExecutionFeed, Source
from web.live.feed import Feed
from web.live.frames import MIME
from web.live.interest import Interest
from web.live.kernel_feed import KernelFeed
from web.live.streams import Tips
from web.sse import stream_answer
from web.validation.checked import checked
from web.validation.fields import Strict

api = resource("events", "Server-sent events; they resume from `Last-Event-ID`")

MOST_KERNELS = 50
KERNELS = "kernels"
_TOPIC = re.compile(r"kernel:([A-Za-z0-9][A-Za-z0-9_-]{0,39})", re.ASCII)
STREAM = binary(200, MIME, "Events, each one line of JSON; an `error` event comes before an early end")


class TopicsQuery(Strict):
    """What to follow."""

    topics: str = Field(
        min_length=1, max_length=4_000, description="`kernel:ID` and `kernels`, separated by commas"
    )


@api.get("/executions/<execution_id>/events", responses=STREAM)
@checked
def of_execution(path: ExecutionPath) -> Response:
    """What an execution does, from its beginning until it has finished."""
    row = find_execution(path.execution_id)
    resume = cursor.read(request.headers.get(cursor.FIELD)).get(row.kernel_uid)
    if request.method == "HEAD":
        return stream_answer(None)
    parts, user = web(), caller().user
    source = Source(
        parts.raw,
        lambda now: _again(parts, now, row.id),
        lambda ended: recorded_events(parts, ended),
    )

    def make(tips: Tips) -> Feed:
        return ExecutionFeed(source, user, row, tips[row.kernel_uid], resume)

    return _open(Interest(frozenset({row.kernel_uid}), pulses=False), make)


@api.get("/kernels/<kernel_id>/events", responses=STREAM)
@checked
def of_kernel(path: KernelPath) -> Response:
    """All that a kernel does from now on."""
    return _follow(frozenset({find(path.kernel_id).uid}), wakes=False)


@api.get("/events", responses=STREAM)
@checked
def of_topics(query: TopicsQuery) -> Response:
    """The one stream that a page keeps open: some kernels' events, and changes of any of one's kernels."""
    wakes, refs = _topics(query.topics)
    return _follow(frozenset(find(ref).uid for ref in refs), wakes)


def _topics(text: str) -> tuple[bool, list[str]]:
    wakes, refs = False, []
    for topic in text.split(","):
        found = _TOPIC.fullmatch(topic)
        if topic == KERNELS:
            wakes = True
        elif found is not None:
            refs.append(found[1])
        else:
            raise BadField("a topic is `kernels` or `kernel:ID`; several are separated by commas", "topics")
    if len(refs) > MOST_KERNELS:
        raise BadField(f"at most {MOST_KERNELS} kernels in one stream", "topics")
    return wakes, refs


def _follow(uids: frozenset[str], wakes: bool) -> Response:
    resume = cursor.read(request.headers.get(cursor.FIELD))
    if request.method == "HEAD":
        return stream_answer(None)
    parts = web()
    view = KernelView(parts, caller().user, uids, wakes)

    def make(tips: Tips) -> Feed:
        return KernelFeed(parts.raw, view, tips, resume)

    return _open(Interest(uids, wakes=wakes), make)


def _open(interest: Interest, make: Callable[[Tips], Feed]) -> Response:
    parts, user, shown = web(), caller().user, given(request)
    opened = parts.streams.open(user.id, interest, make, lambda: parts.logins.caller(shown).user)
    return stream_answer(opened)


def _again(parts: Web, user: User, execution_id: str) -> Execution:
    with parts.services.ledger.read() as session:
        return executions.visible(session, user, execution_id)
