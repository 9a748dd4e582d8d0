"""Schedules of flows: what is due becomes runs, and what a run's end means for them."""

from tasks.schedules.ending import run_ended
from tasks.schedules.ticking import tick

__all__ = ["run_ended", "tick"]
