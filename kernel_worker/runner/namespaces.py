"""A namespace per flow: made, cleared, and dropped when there are too many."""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from broker_config.wire.frames import Evicted, Execute
from kernel_worker.runner import flowfile
from kernel_worker.runner.display.presenter import Presenter
from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.lazy import module_or_lazy
from kernel_worker.runner.shell import FlowShell
from kernel_worker.runner.spool import Shelf, Spool

OURS = frozenset({"flowfile", "flowfile_ctx", "pl", "display"})


class NamespaceLost(Exception):
    """The variables that a cell was written for are gone; it was not run."""

    def __init__(self) -> None:
        super().__init__(
            "The variables were cleared by a restart after this cell was submitted. "
            "Nothing was run; submit it again to run it with empty variables."
        )


def is_run(cell: Execute) -> bool:
    """Whether it is a node of a flow's run: it has a namespace of its own, which does not count."""
    return not cell.interactive and bool(cell.flow_id) and cell.node_id is not None


def owner_of(cell: Execute) -> str:
    """Whose namespace and child processes a cell's are: the flow's, or those of the run alone."""
    return f"{cell.flow_id}:{cell.execution_id}" if is_run(cell) else cell.flow_id


class Namespaces:
    """Shells by flow, the one used last at the end. Used by the main thread; ``find`` by any.

    Args:
        most: how many are kept.
        tell: sends a control frame.
        spool: where a namespace keeps what it received.
    """

    def __init__(
        self,
        most: int,
        interrupts: Interrupts,
        presenter: Presenter,
        tell: Callable[[Any], None],
        spool: Spool,
    ) -> None:
        self._most = most
        self._interrupts = interrupts
        self._presenter = presenter
        self._tell = tell
        self._spool = spool
        self._active: FlowShell | None = None
        self._shells: OrderedDict[str, FlowShell] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._evicted: set[str] = set()
        self._spare: FlowShell | None = None

    def prepare(self) -> None:
        """Make a shell in advance, so that the first cell does not wait for it."""
        self._spare = self._new()
        for name in ("flowfile", "flowfile_ctx"):
            sys.modules[name] = flowfile

    def take(self, cell: Execute) -> FlowShell:
        """The shell for a cell, active and with our names in it; to be given back by ``release``."""
        shell = self._unused() if is_run(cell) else self._of_flow(cell.flow_id, cell.epoch)
        self._active = shell
        shell.activate()
        self._put_names(shell)
        return shell

    def release(self, cell: Execute, shell: FlowShell) -> None:
        """The cell has ended. A run's namespace ends with it."""
        if is_run(cell):
            self._active = None
            shell.dispose()  # what was interrupted, or never ran
            del shell
            gc.collect()
            self._spare = self._spare or self._new()

    def shelf(self) -> Shelf:
        """What the running cell's namespace keeps open.

        Raises:
            RuntimeError: no cell runs.
        """
        if self._active is None:
            raise RuntimeError("no cell runs")
        return self._active.shelf

    def _of_flow(self, flow_id: str, epoch: int | None) -> FlowShell:
        """The flow's shell; cleared first if ``epoch`` is higher.

        A namespace whose number nobody told yet takes the first one that comes, uncleared.

        Raises:
            NamespaceLost: ``epoch`` is lower than the namespace's number.
        """
        if epoch is not None:
            known = self._numbers.setdefault(flow_id, epoch)
            if epoch < known:
                raise NamespaceLost
            self.clear(flow_id, epoch)
        if flow_id not in self._shells:
            self._make_room()
            self._shells[flow_id] = self._unused()
        self._shells.move_to_end(flow_id)
        return self._shells[flow_id]

    def _unused(self) -> FlowShell:
        shell, self._spare = self._spare or self._new(), None
        return shell

    def find(self, flow_id: str) -> FlowShell | None:
        """The flow's shell if it has one."""
        return self._shells.get(flow_id)

    def clear(self, flow_id: str, epoch: int) -> bool:
        """Drop the flow's variables if ``epoch`` is higher than the namespace's number."""
        known = self._numbers.get(flow_id)
        if known is not None and epoch <= known:
            return False
        self._numbers[flow_id] = epoch
        self._drop(flow_id)
        self._evicted.discard(flow_id)
        return True

    def was_evicted(self, flow_id: str) -> bool:
        """Whether the flow's namespace was dropped to make room; said once."""
        found = flow_id in self._evicted
        self._evicted.discard(flow_id)
        return found

    def _new(self) -> FlowShell:
        main = sys.modules.get("__main__")
        shell = FlowShell(self._interrupts, self._presenter, self._spool.new_shelf())
        if main is not None:
            sys.modules["__main__"] = main
        return shell

    def _put_names(self, shell: FlowShell) -> None:
        namespace = shell.user_ns
        namespace["__name__"] = "__main__"
        namespace["flowfile"] = namespace["flowfile_ctx"] = flowfile
        namespace["display"] = flowfile.display
        namespace["pl"] = module_or_lazy("polars", "pl", namespace)
        namespace["get_ipython"] = shell.get_ipython

    def _make_room(self) -> None:
        while len(self._shells) >= self._most:
            flow_id = next(iter(self._shells))
            self._drop(flow_id)
            self._evicted.add(flow_id)
            self._tell(Evicted(flow_id, f"a kernel keeps the variables of {self._most} flows at a time"))

    def _drop(self, flow_id: str) -> None:
        shell = self._shells.pop(flow_id, None)
        if shell is not None:
            self._active = None if self._active is shell else self._active
            shell.dispose()
            del shell
            gc.collect()
