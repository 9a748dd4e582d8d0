"""Many kernels at once: nothing lost, nothing doubled, and how many a second."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from benchmarks.subject import Stack, Subject

WINDOW = 50
COUNT_CELL = "counts[{n}] = counts.get({n}, 0) + 1"


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: executions a second, and what the kernels themselves counted."""

    per_s: float
    lost: int
    doubled: int


def run(stack: Stack, kernels: int, executions: int, number: int) -> Load:
    """``executions`` cells on each of ``kernels`` kernels, from a client each, 50 waiting at most."""
    subjects = [Subject(stack, f"load-{number}-{n}") for n in range(kernels)]
    for subject in subjects:
        subject.run("counts = {}")
    began = time.perf_counter()
    clients = [threading.Thread(target=_client, args=(one, executions)) for one in subjects]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took = time.perf_counter() - began
    counted = [_counted(subject, executions) for subject in subjects]
    for subject in subjects:
        subject.close()
    return Load(kernels * executions / took, sum(c[0] for c in counted), sum(c[1] for c in counted))


def _client(subject: Subject, executions: int) -> None:
    waiting: list[str] = []
    for number in range(executions):
        waiting.append(subject.submit(COUNT_CELL.format(n=number)))
        if len(waiting) >= WINDOW:
            subject.until(waiting[-1], "finished")
            waiting.clear()
    if waiting:
        subject.until(waiting[-1], "finished")


def _counted(subject: Subject, executions: int) -> tuple[int, int]:
    """Numbers that never ran, and runs beyond the first, as the kernel counted them."""
    execution_id = subject.submit(f"print({executions} - len(counts), sum(counts.values()) - len(counts))")
    subject.until(execution_id, "finished")
    found = subject.api.call("GET", f"/executions/{execution_id}")
    lost, doubled = (
        found["stdout"]["text"].split() if isinstance(found["stdout"], dict) else found["stdout"].split()
    )
    return int(lost), int(doubled)
