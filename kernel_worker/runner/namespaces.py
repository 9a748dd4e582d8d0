"""A namespace per flow and per run of one: made, cleared, and dropped when there are too many."""

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
from kernel_worker.runner.owners import is_alone
from kernel_worker.runner.run_shells import RunShells
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
        self._runs = RunShells()

    def prepare(self) -> None:
        """Make a shell in advance, so that the first cell does not wait for it."""
        self._spare = self._new()
        for name in ("flowfile", "flowfile_ctx"):
            sys.modules[name] = flowfile

    def take(self, cell: Execute) -> FlowShell:
        """The shell for a cell, active and with our names in it; to be given back by ``release``."""
        if cell.run_id is not None:
            shell = self._runs.take(cell.run_id, self._unused)
        else:
            shell = self._unused() if is_alone(cell) else self._of_flow(cell.flow_id, cell.epoch)
        self._active = shell
        shell.activate()
        shell.parameters = None if cell.run_id is None else cell.parameters
        self._put_names(shell)
        return shell

    def release(self, cell: Execute, shell: FlowShell) -> None:
        """The cell has ended. The namespace of a node that ran by itself ends with it."""
        if is_alone(cell):
            self._active = None
            shell.dispose()  # what was interrupted, or never ran
            del shell
            gc.collect()
            self._spare = self._spare or self._new()

    def active(self) -> FlowShell:
        """The running cell's.

        Raises:
            RuntimeError: no cell runs.
        """
        if self._active is None:
            raise RuntimeError("no cell runs")
        return self._active

    def shelf(self) -> Shelf:
        """What the running cell's namespace keeps open. Raises as ``active``."""
        return self.active().shelf

    def drop_run(self, run_id: str) -> None:
        """A run is over."""
        if self._active is not None and self._active is self._runs.find(run_id):
            self._active = None
        self._runs.drop(run_id)

    @property
    def is_untidy(self) -> bool:
        """Whether ``tidy`` has something to do, which waits for a quiet moment."""
        return self._spare is None or self._runs.left > 0

    def tidy(self) -> None:
        """Make the next shell in advance, and free what runs have left."""
        self._spare = self._spare or self._new()
        self._runs.collect()

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

    def helper(self) -> FlowShell | None:
        """A shell that nothing is run in: the next one, else the active one."""
        return self._spare or self._active

    def clear(self, flow_id: str, epoch: int) -> bool:
        """Drop the flow's variables if ``epoch`` is higher than the namespace's number."""
        known = self._numbers.get(flow_id)
        if known is not None and epoch <= known:
            return False
        self._numbers[flow_id] = epoch
        self._drop(flow_id)
        self._evicted.discard(flow_id)
        return True

    def was_evicted(self, cell: Execute) -> bool:
        """Whether the namespace of its flow or run was dropped to make room; said once."""
        if cell.run_id is not None:
            return self._runs.was_evicted(cell.run_id)
        found = not is_alone(cell) and cell.flow_id in self._evicted
        self._evicted.discard(cell.flow_id)
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
