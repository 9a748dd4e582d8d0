"""A process whose clock is libfaketime's: each line on its input is a time, at which it ticks once.

``python -m tests.integration.clock_child DATABASE CLOCK``. A line ``make CRON ZONE`` makes a schedule then,
and prints its id; ``tick`` prints what ``time.time()`` said and how many runs were woken.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

from tasks.ledger.session import Ledger
from tests.integration.scheduling import Scheduling


def say(text: str) -> None:
    """Answer with a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Do what is said, line by line."""
    ledger, clock = Ledger(f"sqlite:///{sys.argv[1]}"), Path(sys.argv[2])
    ledger.migrate()
    world = Scheduling(ledger)
    for line in sys.stdin:
        what, at, *more = line.strip().split("\t")
        clock.write_text(f"@{at}\n")
        now = time.time()
        if what == "make":
            cron, zone, catch_up = more
            spec = {"cron": cron}
            made = world.add("cron", spec, now=now, timezone=zone, overlap="allow", catch_up=catch_up)
            say(made)
            continue
        before = len(world.sent.woken)
        world.tick_by_the_clock()
        shown = datetime.now().astimezone()
        say(f"{int(now)}\t{len(world.sent.woken) - before}\t{shown:%H:%M}")


if __name__ == "__main__":
    main()
