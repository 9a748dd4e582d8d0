"""Runs of flows: made, advanced node by node, ended.

``make_run`` inserts a row, ``wake_run`` has it looked at, ``advance`` is that look: it takes what is in the
ledger, decides with ``tasks.planning``, and may be called at any time, late, twice, or by two at once.
"""

from tasks.flow_runs.advancing import advance
from tasks.flow_runs.again import rerun, resume_run
from tasks.flow_runs.asking import cancel_run, release_run, wake_run
from tasks.flow_runs.making import RunRequest, make_run
from tasks.flow_runs.options import RunOptions
from tasks.flow_runs.pruning import Pruned, prune_runs
from tasks.ledger.places import run_key

__all__ = [
    "Pruned",
    "RunOptions",
    "RunRequest",
    "advance",
    "cancel_run",
    "make_run",
    "prune_runs",
    "release_run",
    "rerun",
    "resume_run",
    "run_key",
    "wake_run",
]
