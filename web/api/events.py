"""Streams of events: of one execution, a kernel, a run, and the one that a page keeps open."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request
from pydantic import Field

from broker_config.wire.states import RUN_TERMINAL
from tasks.ledger import executions, runs
from tasks.ledger.models import Execution, User
from web.api import system_view
from web.api.completed import recorded_events
from web.api.documents import binary, resource
from web.api.executions import find_execution
from web.api.kernels import find
from web.api.page_view import PageView
from web.api.paths import ExecutionPath, KernelPath, RunPath
from web.api.run_following import RunView
from web.api.runs import find as find_run
from web.api.topics import Topics, read_topics
from web.auth.login import given
from web.context import Web, caller, web
from web.live import cursor
from web.live.execution_feed import ExecutionFeed, Source
from web.live.feed import Feed
from web.live.frames import MIME
from web.live.interest import EVERYBODY, Interest
from web.live.kernel_feed import KernelFeed
from web.live.run_feed import AGAIN_S, RunFeed
from web.live.streams import Tips
from web.sse import stream_answer
from web.validation.checked import checked
from web.validation.fields import Strict

api = resource("events", "Server-sent events; they resume from `Last-Event-ID`")

STREAM = binary(200, MIME, "Events, each one line of JSON; an `error` event comes before an early end")


class TopicsQuery(Strict):
    """What to follow."""

    topics: str = Field(
        min_length=1,
        max_length=4_000,
        description="`kernel:ID`, `kernels`, `run:ID`, `runs` and `lists`, separated by commas; `lists` says "
        "that one's `artifacts`, `catalog`, `files` or `logs` changed, `system` tells admins its figures",
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
    return _follow(Topics(kernels=[path.kernel_id]))


@api.get("/runs/<run_id>/events", responses=STREAM)
@checked
def of_run(path: RunPath) -> Response:
    """A run as it stands, each change of its nodes and of itself, until it has ended."""
    parts, user = web(), caller().user
    with parts.services.ledger.read() as session:
        run_id = find_run(session, path.run_id).id
    if request.method == "HEAD":
        return stream_answer(None)
    view = RunView(parts, user, [run_id])

    def make(_tips: Tips) -> Feed:
        return RunFeed(run_id, view, lambda: _run_has_ended(parts, run_id))

    return _open(Interest(frozenset(), pulses=False, runs=frozenset({run_id})), make)


@api.get("/events", responses=STREAM)
@checked
def of_topics(query: TopicsQuery) -> Response:
    """The one stream that a page keeps open: some kernels' events, some runs' nodes, and changes of any of
    one's kernels and runs."""
    return _follow(read_topics(query.topics))


def _follow(topics: Topics) -> Response:
    uids = frozenset(find(ref).uid for ref in topics.kernels)
    parts, user = web(), caller().user
    with parts.services.ledger.read() as session:
        run_ids = frozenset(find_run(session, run_id).id for run_id in topics.runs)
    resume = cursor.read(request.headers.get(cursor.FIELD))
    if request.method == "HEAD":
        return stream_answer(None)
    view = PageView(parts, user, uids, run_ids, topics)
    again_s = system_view.AGAIN_S if topics.system else AGAIN_S if run_ids else None
    whose = (EVERYBODY if user.role == "admin" else user.id) if topics.all_runs else None

    def make(tips: Tips) -> Feed:
        return KernelFeed(parts.raw, view, tips, resume, again_s)

    lists_of = user.id if topics.lists else None
    interest = Interest(
        uids,
        wakes=topics.all_kernels,
        runs=run_ids,
        runs_of=whose,
        lists_of=lists_of,
        system=topics.system,
    )
    return _open(interest, make)


def _run_has_ended(parts: Web, run_id: str) -> bool:
    with parts.services.ledger.read() as session:
        run = runs.get(session, run_id)
    return run is None or run.state in RUN_TERMINAL


def _open(interest: Interest, make: Callable[[Tips], Feed]) -> Response:
    parts, user, shown = web(), caller().user, given(request)
    opened = parts.streams.open(user.id, interest, make, lambda: parts.logins.caller(shown).user)
    return stream_answer(opened)


def _again(parts: Web, user: User, execution_id: str) -> Execution:
    with parts.services.ledger.read() as session:
        return executions.visible(session, user, execution_id)
