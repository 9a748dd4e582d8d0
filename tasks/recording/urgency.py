"""Which entries somebody waits for: they are recorded at once, the others with what comes a moment later."""

from __future__ import annotations

import re

from broker_config.wire.events import Checkpoint, Finished, Started
from tasks.recording.consumer import Entry

OF_AN_EXECUTION = (Started, Finished, Checkpoint)
OF_A_CELL = tuple(f'{{"type":"{one.TYPE}"'.encode() for one in OF_AN_EXECUTION)
END_OF_A_NODE = re.compile(rb'"run_id":"[A-Za-z0-9]{1,64}"\}$')
"""``Finished`` ends so, where it is of a run; ``Started`` says nothing of one."""
LONGEST_END = 80


def is_waited_for(entry: Entry) -> bool:
    """Whether somebody looks at the ledger for it: what a kernel tells of itself, or the end of a run's node.

    A hostile kernel gains nothing by it.
    """
    if entry.text is None:
        return False
    if not entry.text.startswith(OF_A_CELL):
        return True
    return END_OF_A_NODE.search(entry.text, max(0, len(entry.text) - LONGEST_END)) is not None
