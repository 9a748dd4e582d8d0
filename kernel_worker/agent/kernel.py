"""What every part of the agent is given: the boot message, its folders, the way to init."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from broker_config.wire.messages import Boot
from kernel_worker.agent.init_client import InitClient


@dataclass(frozen=True)
class Kernel:
    """This kernel, as the agent's processes know it."""

    boot: Boot
    init: InitClient

    @property
    def uid(self) -> str:
        """The kernel's uid."""
        return self.boot.uid

    @property
    def folder(self) -> Path:
        """The agent's own folder."""
        return Path(self.boot.agent_dir)

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.jsonl"

    @property
    def lock_path(self) -> Path:
        """Held by whoever reads the runner's cells channel."""
        return self.folder / "relay.lock"

    @cached_property
    def spool(self) -> Path:
        """Frames of running executions, results not yet acknowledged, downloads."""
        return self.folder / "spool"

    @cached_property
    def staged(self) -> Path:
        """Outputs and artifacts of running executions on their way to the store."""
        return self.folder / "staged"

    @cached_property
    def content(self) -> Path:
        """Outputs and artifacts that the store has, by their sums."""
        return self.folder / "content"
