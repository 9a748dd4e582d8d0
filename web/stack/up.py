"""``husk up``: the embedded stack from nothing to an answered question, and back to nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

import click

from broker_config.queues import FLOWS, HOUSEKEEPING, LIFECYCLE
from broker_config.settings import Settings
from broker_config.wire.errors import HuskError
from tasks.services import Services, make_services
from web import flights
from web.stack import admin, example, preflight, readiness, records
from web.stack.lines import Lines, tail
from web.stack.progress import Progress
from web.stack.reached import base_url, token_file
from web.stack.stopping import stop_kernels

STORE_S, REDIS_S, WEB_S, WORKERS_S = 60.0, 60.0, 60.0, 60.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """Somebody wants the stack to end."""


def up(settings: Settings, once: bool, with_example: bool = True) -> int:
    """Start everything, run the example, stay until told to end (``once``: end after the example).

    Returns:
        The exit code: 0, or 1 when something did not start or the example failed.
    """
    progress = Progress()
    try:
        with _told_to_end():
            full, held = _prepare(settings, progress)
            try:
                return _serve(full, once, progress, with_example)
            finally:
                os.close(held)
    except HuskError as error:
        click.echo(f"husk: {error.message}", err=True)
        return 1
    except Ended:
        return 0 if not once else 1


@contextmanager
def _told_to_end() -> Iterator[None]:
    """``Ended`` in this thread at the first of ``ENDING``; later ones change nothing."""

    def handle(_number: int, _frame: object) -> None:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise Ended

    before = {number: signal.signal(number, handle) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _prepare(settings: Settings, progress: Progress) -> tuple[Settings, int]:
    with progress.step(f"data folder {settings.data_dir.resolve()}"):
        full = preflight.prepare(settings)
        held = preflight.lock(full)
    left = records.end_leftovers(preflight.run_folder(full))
    if left:
        progress.note(f"ended what an earlier start left: {', '.join(left)}")
    with progress.step("ports, servers, disk"):
        preflight.check(full)
    return full, held


def _serve(settings: Settings, once: bool, progress: Progress, with_example: bool) -> int:
    services = make_services(settings)
    with progress.step("ledger"):
        services.ledger.migrate()
        token = admin.ensure(services)
    run = preflight.run_folder(settings)
    records.write(run, records.Record(records.OWNER, records.me(), None))
    lines = Lines(settings)
    try:
        with flights.made_ready(settings) if with_example else nullcontext() as data:
            lines.start()
            _wait_ready(services, lines, progress)
            url = base_url(settings)
            shown = example.run(url, token, data, progress) if with_example else example.Shown(True)
        if not shown.succeeded:
            progress.note("the example failed; the stack runs")
        _greet(settings, admin.link(services, shown.landing), progress)
        if not once:
            _stay(lines)
        return 0 if shown.succeeded and lines.running else 1
    except HuskError as error:
        for line in [line for name in _names(error.message) for line in tail(lines.log_path, name)]:
            progress.note(line)
        progress.note(f"the whole log: {lines.log_path}")
        raise
    finally:
        _end(settings, lines, progress)


def _names(message: str) -> list[str]:
    """Procfile lines that an error is about: its first word, or workers that nobody saw."""
    first = message.split(" ", 1)[0].lower()
    return {"workers": ["lifecycle", "flows"], "s3": ["objects"]}.get(first, [first])


def _wait_ready(services: Services, lines: Lines, progress: Progress) -> None:
    settings = services.settings
    steps: list[tuple[str, str, readiness.Probe, float]] = [
        ("Redis", "Redis", readiness.redis_answers(services), REDIS_S),
        ("S3", "S3 bucket: put, get", readiness.store_stores(services), STORE_S),
        ("Web", "web", readiness.answers(f"{base_url(settings)}/api/v1/ready"), WEB_S),
        (
            "Workers",
            "workers: lifecycle, flows",
            readiness.workers_consume(services, (LIFECYCLE, FLOWS, HOUSEKEEPING)),
            WORKERS_S,
        ),
        ("Recorder", "recorder", readiness.process_runs(settings, "recorder"), WORKERS_S),
        ("Desk", "desk", readiness.process_runs(settings, "desk"), WORKERS_S),
        ("Beat", "beat", readiness.process_runs(settings, "beat"), WORKERS_S),
        ("Flower", "Flower", readiness.flower_answers(settings), WEB_S),
    ]
    for what, shown, probe, seconds in steps:
        with progress.step(shown):
            readiness.wait(what, probe, seconds, lambda: lines.running)


def _greet(settings: Settings, link: str, progress: Progress) -> None:
    url = base_url(settings)
    click.echo(f"\n  Open     {url}{link}")
    click.echo("           (logs you in once, within a day; another one: `husk user link admin`)")
    click.echo(f"  API      {url}/api/v1/docs, with the token in {token_file(settings)}")
    click.echo(f"  Flower   {readiness.flower_url(settings)}")
    click.echo(f"  Ready after {progress.total_s:.1f} s.\n")


def _stay(lines: Lines) -> None:
    click.echo("  Ctrl-C ends everything; `husk kernel list` in another terminal shows kernels.")
    tick = threading.Event()
    with suppress(Ended):
        while lines.running:
            tick.wait(0.5)


def _end(settings: Settings, lines: Lines, progress: Progress) -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    try:
        with progress.step("stopping kernels"):
            stop_kernels(settings)
    except HuskError as error:
        progress.note(error.message)
    with progress.step("stopping the stack"):
        lines.stop()
        (preflight.run_folder(settings) / f"{records.OWNER}.json").unlink(missing_ok=True)
