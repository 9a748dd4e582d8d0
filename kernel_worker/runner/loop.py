"""The main thread: one cell after the other, and what waits for a quiet moment between them."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass

from broker_config.wire.frames import Execute, Hello
from kernel_worker.runner.children import Children
from kernel_worker.runner.control import Control
from kernel_worker.runner.executor import Executor
from kernel_worker.runner.inbox import Gone, Inbox
from kernel_worker.runner.namespaces import Namespaces
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.owners import owner_of, owner_of_run


@dataclass(frozen=True, slots=True)
class Loop:
    """Takes cells until the agent is gone."""

    generation: str
    inbox: Inbox
    outbox: Outbox
    control: Control
    executor: Executor
    namespaces: Namespaces
    children: Children

    def run(self) -> None:
        """Say hello, then run what comes."""
        python = ".".join(map(str, sys.version_info[:3]))
        self.outbox.conclude(Hello(self.generation, os.getpid(), python))
        with contextlib.suppress(Gone):
            while True:
                cell = self.inbox.next_cell(self.namespaces.is_untidy)
                self.executor.shared.note()
                self._clear()
                if cell is not None:
                    self._run(cell)
                    self._clear()
                elif self.inbox.is_quiet:
                    self.namespaces.tidy()

    def _run(self, cell: Execute) -> None:
        self.control.running(owner_of(cell), cell.execution_id, cell.epoch)
        try:
            self.executor.run(cell)
        finally:
            self.control.idle()

    def _clear(self) -> None:
        while (wanted := self.control.next_clear()) is not None:
            if self.namespaces.clear(wanted.flow_id, wanted.epoch):
                self.children.kill(wanted.flow_id)
        while (over := self.control.next_over()) is not None:
            self.namespaces.drop_run(over)
            self.children.kill(owner_of_run(over))
