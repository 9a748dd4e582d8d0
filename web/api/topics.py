"""What a page's one stream is asked to tell of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from broker_config.wire.errors import BadField

MOST_KERNELS = 50
MOST_RUNS = 20
KERNELS = "kernels"
RUNS = "runs"
LISTS = "lists"
SYSTEM = "system"
_KERNEL = re.compile(r"kernel:([A-Za-z0-9][A-Za-z0-9_-]{0,39})", re.ASCII)
_RUN = re.compile(r"run:([A-Za-z0-9]{12})", re.ASCII)


@dataclass(slots=True)
class Topics:
    """Kernels and runs whose events are told; whether changes of all one's kernels and runs are, and word
    of one's artifacts, catalog, files and logs."""

    kernels: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    all_kernels: bool = False
    all_runs: bool = False
    lists: bool = False
    system: bool = False

    def add(self, topic: str) -> None:
        """One more; raises ``BadField``."""
        kernel, run = _KERNEL.fullmatch(topic), _RUN.fullmatch(topic)
        if topic == KERNELS:
            self.all_kernels = True
        elif topic == RUNS:
            self.all_runs = True
        elif topic == LISTS:
            self.lists = True
        elif topic == SYSTEM:
            self.system = True
        elif kernel is not None:
            self.kernels.append(kernel[1])
        elif run is not None:
            self.runs.append(run[1])
        else:
            raise BadField(
                "a topic is `kernels`, `kernel:ID`, `runs`, `run:ID`, `lists` or `system`; "
                "commas separate several",
                "topics",
            )


def read_topics(text: str) -> Topics:
    """Topics separated by commas.

    Raises:
        BadField: one is none, or there are too many.
    """
    found = Topics()
    for topic in text.split(","):
        found.add(topic)
    if len(found.kernels) > MOST_KERNELS or len(found.runs) > MOST_RUNS:
        raise BadField(f"at most {MOST_KERNELS} kernels and {MOST_RUNS} runs in one stream", "topics")
    return found
