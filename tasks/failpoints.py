"""Places at which a fault test ends or freezes the process: ``HUSK_FAILPOINT=<name>:exit|hang``.

One stands between any two side effects of start, build, stop, restart and delete, of a look at a run, and
between accepting cells and publishing them. Without the variable, ``reach`` costs one look-up.
"""

from __future__ import annotations

import os
import sys
import threading

from broker_config.wire.errors import BadSettings

VARIABLE = "HUSK_FAILPOINT"
EXIT_CODE = 86
HANGS = "the process hangs at"
NAMES = (
    "submit.committed",
    "run.decided",
    "run.committed",
    "run.published",
    "run.ended",
    "start.begun",
    "start.row",
    "start.artifacts",
    "start.user",
    "start.groups",
    "start.journal",
    "start.folders",
    "start.spawned",
    "start.noted",
    "start.booted",
    "start.done",
    "build.row",
    "build.begun",
    "build.volume",
    "build.container",
    "build.started",
    "build.ordered",
    "build.filled",
    "build.marked",
    "build.done",
    "stop.row",
    "stop.ended",
    "stop.user",
    "stop.artifacts",
    "stop.done",
    "restart.stopped",
    "delete.stopped",
    "delete.queue",
    "delete.keys",
    "delete.objects",
    "delete.folder",
    "delete.done",
)
ACTIONS = ("exit", "hang")


def parse(value: str) -> tuple[str, str]:
    """``name:action``.

    Raises:
        BadSettings: a name or action that is not there.
    """
    name, _, action = value.partition(":")
    if name not in NAMES or action not in ACTIONS:
        raise BadSettings(f"{VARIABLE} is <name>:exit or <name>:hang; names: {', '.join(NAMES)}")
    return name, action


def reach(name: str) -> None:
    """End the process as a kill would, or never return, if this point was chosen."""
    chosen = os.environ.get(VARIABLE)
    if not chosen or parse(chosen)[0] != name:
        return
    if parse(chosen)[1] == "exit":
        os._exit(EXIT_CODE)
    sys.stderr.write(f"{HANGS} {name}\n")
    sys.stderr.flush()
    threading.Event().wait()
