"""``python -m benchmarks.run``: Husk and its peer side by side in one run, printed as a table.

Synchronous ledger commit, outbox and claim are on in every figure of Husk. The two take turns, so that
a busy moment of the machine meets both.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import load, pages
from benchmarks.bare import Bare
from benchmarks.numbers import Figure, percentile, table
from benchmarks.peer import Peer
from benchmarks.subject import ROOT, Stack, Subject, environ_of

MS = 1e3
MB = 1e6
LINES = 100_000
RESULT = "Ready after"
PRINT_CELL = f"for i in range({LINES}): print(i)"
# It says that it has begun: an interrupt before that would meet the kernel and not the cell.
ENDLESS = "print('begun', flush=True)\nwhile True: pass"


@dataclass
class Measured:
    """Values of one figure over the runs."""

    husk: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)

    def figure(self, name: str, unit: str, asked: str) -> Figure:
        """As a row."""
        return Figure(name, unit, self.husk, self.peer, asked)


def warm(run: Callable[[str], float], cells: int) -> tuple[float, float]:
    """p50 and p95 of ``1+1`` in milliseconds."""
    for _ in range(20):
        run("1+1")
    times = [run("1+1") * MS for _ in range(cells)]
    return percentile(times, 0.5), percentile(times, 0.95)


def peer_interrupts(peer: Peer, count: int) -> float:
    """p95 of interrupts in milliseconds."""
    return percentile([peer.interrupt(peer.begin(ENDLESS)) * MS for _ in range(count)], 0.95)


def husk_interrupts(subject: Subject, count: int) -> float:
    """The same of Husk."""
    times = []
    for _ in range(count):
        execution_id = subject.submit(ENDLESS)
        subject.until(execution_id, "stream")
        times.append(subject.interrupt(execution_id) * MS)
    return percentile(times, 0.95)


def lines(subject: Subject, stack: Stack, growth: list[float]) -> float:
    """Seconds until all lines have come; notes how much the web server grew, in MB."""
    before = stack.web_memory_bytes()
    began = time.perf_counter()
    shown = subject.until(subject.submit(PRINT_CELL), "finished")
    took = time.perf_counter() - began
    if shown != LINES:
        raise RuntimeError(f"{shown} of {LINES} lines were shown")
    growth.append((stack.web_memory_bytes() - before) / MB)
    return took


def warm_both(
    name: str, peer: Peer, run: Callable[[str], float], cells: int, found: dict[str, Measured]
) -> None:
    """The peer, then Husk by ``run``."""
    for p50, p95, side in ((*warm(peer.run, cells), "peer"), (*warm(run, cells), "husk")):
        getattr(found[f"{name}50"], side).append(p50)
        getattr(found[f"{name}95"], side).append(p95)


def bare_runs(runs: int, cells: int, found: dict[str, Measured]) -> None:
    """A kernel and its Redis alone, before there is a stack."""
    peer, bare = Peer(), Bare()
    try:
        for _ in range(runs):
            warm_both("bare", peer, bare.run, cells, found)
    finally:
        bare.close()
        peer.close()


def one_run(stack: Stack, number: int, cells: int, found: dict[str, Measured]) -> None:
    """Every figure once, peer and Husk in turn."""
    peer, subject = Peer(), Subject(stack, f"bench-{number}")
    found["start"].peer.append(peer.start_s)
    found["start"].husk.append(subject.start_s)
    found["memory"].peer.append(peer.memory_bytes() / MB)
    found["memory"].husk.append(subject.memory_bytes() / MB)
    warm_both("http", peer, subject.run, cells, found)
    growth: list[float] = []
    found["lines"].peer.append(peer.run(PRINT_CELL))
    found["lines"].husk.append(lines(subject, stack, growth))
    found["web"].husk.extend(growth)
    found["interrupt"].peer.append(peer_interrupts(peer, 40))
    found["interrupt"].husk.append(husk_interrupts(subject, 40))
    subject.close()
    peer.close()


ROWS = {
    "http50": ("warm `1+1`, POST to `finished` on the open event stream, p50", "ms", "≤ 1.0 × peer"),
    "http95": ("the same, p95", "ms", "≤ 1.3 × peer"),
    "bare50": (
        "warm `1+1`, a kernel and Redis alone: published to `finished` on the stream, p50",
        "ms",
        "≤ 0.65 × peer",
    ),
    "bare95": ("the same, p95", "ms", ""),
    "lines": ("100,000 printed lines until all are shown", "s", "≤ 1.0 × peer"),
    "web": ("growth of the web server by that", "MB", "flat"),
    "interrupt": ("interrupt of `while True: pass` until ready, p95", "ms", "≤ 1.0 × peer"),
    "start": ("kernel start to ready", "s", "≤ 1.5 × peer"),
    "memory": ("one idle kernel, all its processes, PSS", "MB", "≤ 85 MB"),
}


def up_once() -> float:
    """Seconds of ``make up ONCE=1`` in a new data folder until the example's result is there."""
    with tempfile.TemporaryDirectory(prefix="husk-once-") as folder:
        began = time.perf_counter()
        with subprocess.Popen(
            ["make", "up", "ONCE=1"],
            cwd=ROOT,
            env=environ_of(Path(folder))[0],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            shown = next((time.perf_counter() for line in process.stdout if RESULT in line), None)
            process.stdout.read()
        if shown is None or process.returncode != 0:
            raise RuntimeError("the example did not succeed")
        return shown - began


def main() -> int:
    """Measure and print; ``--write`` also keeps the table in the documents."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--cells", type=int, default=300)
    options.add_argument(
        "--executions", type=int, default=2000, help="per kernel under load; 0: leave it out"
    )
    options.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    args = options.parse_args()
    found = {name: Measured() for name in ROWS}
    bare_runs(args.runs, args.cells, found)
    stack = Stack()
    try:
        for number in range(args.runs):
            one_run(stack, number, args.cells, found)
        figures = [found[name].figure(*row) for name, row in ROWS.items()]
        if args.executions:
            figures += under_load(stack, args.executions, args.runs)
    finally:
        stack.close()
    once = [up_once() for _ in range(args.runs)]
    figures.append(
        Figure("`make up ONCE=1`, everything installed, to the example's result", "s", once, (), "≤ 15 s")
    )
    text = table(figures)
    sys.stdout.write(text)
    if args.write:
        write(text, " ".join(sys.argv[1:]))
    return 0


def under_load(stack: Stack, executions: int, runs: int) -> list[Figure]:
    """8 kernels from 8 clients."""
    results = [load.run(stack, 8, executions, number) for number in range(runs)]
    name = f"8 kernels, {executions} executions each, from 8 clients"
    return [
        Figure(name, "/s", [one.per_s for one in results], (), "≥ 150/s"),
        Figure(
            "lost of these in all runs, counted in the kernels",
            "",
            [sum(one.lost for one in results)],
            (),
            "0",
        ),
        Figure("doubled of these in all runs", "", [sum(one.doubled for one in results)], (), "0"),
    ]


def write(text: str, options: str) -> None:
    """Keep the table with its command and machine."""
    page = f"""# Benchmarks

`make bench` runs `python -m benchmarks.run {options}`. Husk and ipykernel (through jupyter_client) take turns
in the same run; each value is the median of the runs. In every figure of Husk the ledger commits
synchronously, the outbox is on, and each execution is claimed. The machine is shared, so the ratios say more
than the times.

"POST to `finished`" is the whole way: request, commit, outbox, queue, kernel, stream, web, event stream.
"A kernel and Redis alone" is measured before there is a stack: a kernel that the process runtime made, with a
Redis of its own, from the making of a cell's message to the reading of its end from the stream. There, no
ledger commits, and the benchmark acknowledges results between cells, as a recorder does. ipykernel has no
queue, no ledger and no claim.

{machine()}

{text}"""
    pages.write(page)


def machine() -> str:
    """A sentence about this one."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "x86_64")
    return f"Machine: {os.cpu_count()} cores ({cpu}), Linux, Python {platform.python_version()}."


if __name__ == "__main__":
    sys.exit(main())
