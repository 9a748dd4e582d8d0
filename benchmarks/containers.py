"""``python -m benchmarks.containers``: the figures that were asked of kernels in containers, in one run.

Two stacks run side by side, one of containers and one of processes, and take turns; the start of a container
takes turns with a bare ``docker run`` of the same image. Needs an engine with the kernels' image.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks import pages
from benchmarks.boxes import Boxes, bare_run, death_s
from benchmarks.engine_door import EventlessDoor
from benchmarks.numbers import Figure, percentile, table
from benchmarks.run import ENDLESS, MB, MS, machine
from benchmarks.subject import Stack, Subject
from broker_config.settings import load_settings

HEADING = "Kernels in containers"
SETTLE_S = 10.0
"""A kernel that was just made ready has its last imports before it."""
WARM = 20
SMALL_GB = 0.5


@contextmanager
def stack_of(runtime: str, **given: str) -> Iterator[Stack]:
    """A stack whose new kernels are of this runtime."""
    with closing(Stack(HUSK_RUNTIME=runtime, **given)) as stack:
        yield stack


@contextmanager
def kernel(stack: Stack, name: str) -> Iterator[Subject]:
    """A ready kernel."""
    with closing(Subject(stack, name)) as subject:
        yield subject


def starts(stack: Stack, boxes: Boxes, image: str, count: int) -> Figure:
    """A new kernel, then a bare container, and so on."""
    ours, bare = [], []
    for number in range(count):
        with kernel(stack, f"start-{number}") as subject:
            boxes.of(subject.kernel["uid"])
            ours.append(subject.start_s)
        bare.append(bare_run(image))
    name = f"start → ready, p50 of {count}; beside it `docker run` that imports Celery and IPython and exits"
    return Figure(name, "s", ours, bare, "≤ 1.3 ×")


def round_trips(subject: Subject, count: int) -> list[float]:
    """Milliseconds of ``1+1`` each."""
    return [subject.run("1+1") * MS for _ in range(count)]


def interrupts(subject: Subject, count: int) -> list[float]:
    """Milliseconds of interrupts of an endless loop each."""
    times = []
    for _ in range(count):
        execution_id = subject.submit(ENDLESS)
        subject.until(execution_id, "stream")
        times.append(subject.interrupt(execution_id) * MS)
    return times


def in_turns(
    box: Subject, process: Subject, measure: Callable[[Subject, int], list[float]], count: int, turns: int
) -> tuple[list[float], list[float]]:
    """All values of the container and of the process."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(turns):
        ours += measure(box, count)
        theirs += measure(process, count)
    return ours, theirs


def both_ways(name: str, found: tuple[list[float], list[float]]) -> list[Figure]:
    """p50 and p95; the first is what was asked for."""
    ours, theirs = found
    shares = ((name + ", p50", 0.5, "≤ 1.15 ×"), ("the same, p95", 0.95, ""))
    return [
        Figure(label, "ms", [percentile(ours, share)], [percentile(theirs, share)], asked)
        for label, share, asked in shares
    ]


def warm(containers: Stack, boxes: Boxes, options: argparse.Namespace) -> list[Figure]:
    """What an idle kernel takes, and what cells take, beside a process."""
    with stack_of("process") as processes, kernel(containers, "box") as box, kernel(processes, "own") as own:
        time.sleep(SETTLE_S)
        idle = boxes.working_set(box.kernel["uid"]) / MB
        for subject in (box, own):
            round_trips(subject, WARM)
        cells = in_turns(box, own, round_trips, options.cells, options.turns)
        ends = in_turns(box, own, interrupts, options.interrupts, options.turns)
    return [
        Figure("one idle kernel container, working set", "MB", [idle], (), "≤ 120 MB"),
        *both_ways("warm `1+1`, POST to `finished` on the open event stream; beside it a process", cells),
        *both_ways("interrupt of `while True: pass` until ready; beside it a process", ends),
    ]


def deaths(stack: Stack, boxes: Boxes, count: int, what: str, asked: str) -> Figure:
    """The slowest of some."""
    seen = []
    for number in range(count):
        with kernel(stack, f"dies-{number}") as subject:
            seen.append(death_s(stack, subject, boxes))
    return Figure(f"`docker kill` → told by the API, {what}, slowest of {count}", "s", [max(seen)], (), asked)


def orphans(stack: Stack, boxes: Boxes, image: str, count: int) -> Figure:
    """The slowest of some."""
    with kernel(stack, "knows") as subject:
        gone = [boxes.orphan_s(subject.kernel["uid"], image) for _ in range(count)]
    return Figure(f"container that no kernel has → gone, slowest of {count}", "s", [max(gone)], (), "≤ 30 s")


def many(stack: Stack, boxes: Boxes, count: int) -> list[Figure]:
    """Started at once; looked at when all are ready."""
    api, names = stack.api(), [f"many-{number}" for number in range(count)]
    for name in names:
        api.call("POST", "/kernels", {"id": name, "name": name, "memory_gb": SMALL_GB, "cpu_cores": 1.0})
    began = time.perf_counter()
    for name in names:
        api.call("POST", f"/kernels/{name}/start")
    rows = [api.wait_for(f"/kernels/{name}", "state", "ready", 300.0) for name in names]
    took = time.perf_counter() - began
    over = sum(boxes.over_limit(row["uid"]) for row in rows)
    for name in names:
        api.call("DELETE", f"/kernels/{name}")
    return [
        Figure(f"{count} kernels started at once → all ready", "s", [took], (), "≤ 60 s"),
        Figure(f"of these over their limit of {SMALL_GB:g} GB, or ended for it", "", [over], (), "0"),
    ]


def measure(boxes: Boxes, options: argparse.Namespace) -> list[Figure]:
    """Every figure."""
    settings = load_settings()
    image = f"{settings.kernel_image}:base"
    with stack_of("docker") as stack:
        figures = [starts(stack, boxes, image, options.starts), *warm(stack, boxes, options)]
        figures.append(deaths(stack, boxes, options.deaths, "by the engine's events", "≤ 5 s"))
        figures.append(orphans(stack, boxes, image, options.deaths))
        figures += many(stack, boxes, options.kernels)
    return [*figures, without_events(boxes, options, settings.engine_url.removeprefix("unix://"))]


def without_events(boxes: Boxes, options: argparse.Namespace, socket: str) -> Figure:
    """Deaths in a stack that hears nothing of the engine and has to look."""
    with (
        tempfile.TemporaryDirectory(prefix="husk-door-") as folder,
        closing(EventlessDoor(Path(folder) / "engine.sock", socket)) as door,
        stack_of("docker", HUSK_ENGINE_URL=door.url) as stack,
    ):
        return deaths(stack, boxes, options.deaths, "with events cut", "≤ 15 s")


def main() -> int:
    """Measure and print; ``--write`` also keeps the table in the documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--turns", type=int, default=5, help="of container and process, per figure")
    parser.add_argument("--cells", type=int, default=100, help="in each turn")
    parser.add_argument("--interrupts", type=int, default=15, help="in each turn")
    parser.add_argument("--deaths", type=int, default=3)
    parser.add_argument("--kernels", type=int, default=20, help="started at once")
    parser.add_argument("--write", action="store_true", help=f"write its section of {pages.PAGE.name}")
    options = parser.parse_args()
    with closing(Boxes(load_settings().engine_url)) as boxes:
        figures = measure(boxes, options)
    text = table(figures, "container", "beside it")
    sys.stdout.write(text)
    if options.write:
        pages.write_section(HEADING, _section(text, " ".join(sys.argv[1:])))
    return 0


def _section(text: str, given: str) -> str:
    return f"""`make bench-containers` runs `python -m benchmarks.containers {given}`: one run, in which
what is compared takes turns. Times of starts are medians; deaths and orphans are the slowest of some. The
bare container has no limits and no walls, one Python imports both libraries, and its removal does not count.

{machine()}

{text}"""


if __name__ == "__main__":
    sys.exit(main())
