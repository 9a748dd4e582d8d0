"""Runs one cell: look up, guard, run, classify, record. Each is a step of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass

from broker_config.wire.events import CellError
from broker_config.wire.frames import STDERR, Done, Execute
from broker_config.wire.states import ExecutionState
from kernel_worker.runner import errors
from kernel_worker.runner.children import Children
from kernel_worker.runner.display.presenter import Presenter
from kernel_worker.runner.fdcapture import FdCapture
from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.measure import Meter
from kernel_worker.runner.namespaces import NamespaceLost, Namespaces
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.owners import is_alone, owner_of
from kernel_worker.runner.shared import SharedFolder
from kernel_worker.runner.shell import FlowShell
from kernel_worker.runner.surroundings import Surroundings
from kernel_worker.runner.text import safe_str
from kernel_worker.runner.threads import Threads

EVICTED = (
    "The variables of this {} were dropped because the kernel was used by many others since: "
    "this cell starts with empty variables.\n"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How user code ended: ``error`` None means well."""

    error: BaseException | None
    count: int | None


@dataclass(frozen=True, slots=True)
class Executor:
    """The parts that a cell runs between."""

    outbox: Outbox
    interrupts: Interrupts
    threads: Threads
    capture: FdCapture
    surroundings: Surroundings
    presenter: Presenter
    shared: SharedFolder
    namespaces: Namespaces
    children: Children

    def run(self, cell: Execute) -> None:
        """Run a cell to its ``Done``. Never raises for what user code does."""
        try:
            shell = self.namespaces.take(cell)
        except NamespaceLost as lost:
            self._refuse(cell, ExecutionState.FAILED, errors.plain(lost))
            return
        try:
            self._run_in(shell, cell)
        finally:
            self.namespaces.release(cell, shell)
            if is_alone(cell):
                self.children.kill(owner_of(cell))

    def _run_in(self, shell: FlowShell, cell: Execute) -> None:
        meter = Meter()
        if not self.interrupts.begin(cell.execution_id):
            self.interrupts.end()
            self._refuse(
                cell, ExecutionState.CANCELLED, CellError("KeyboardInterrupt", "", ["KeyboardInterrupt"])
            )
            return
        self._enter(cell)
        try:
            outcome = self._run(shell, cell)
            self._leave_if_forked(outcome)
            self._show_figures(shell)
            status, error = self._classify(shell, cell, outcome)
            if is_alone(cell):
                shell.guarded(shell.dispose)  # finalizers are user code: an interrupt breaks one that hangs
        finally:
            self._leave(cell)
        self._record(cell, outcome, status, error, meter)

    # Guard ---------------------------------------------------------------------------------------

    def _enter(self, cell: Execute) -> None:
        self.surroundings.restore()
        self.threads.begin()
        self.outbox.begin()
        self.capture.begin()
        self.shared.begin_cell()
        if self.namespaces.was_evicted(cell):
            self.outbox.put(STDERR, EVICTED.format("flow" if cell.run_id is None else "run"))

    def _leave(self, cell: Execute) -> None:
        self.surroundings.restore()
        self.interrupts.end()
        self.capture.end()
        self.children.note(owner_of(cell))
        self.shared.hand_over()

    # Run -----------------------------------------------------------------------------------------

    def _run(self, shell: FlowShell, cell: Execute) -> Outcome:
        before = shell.execution_count
        try:
            result = shell.run(cell.code, cell.interactive)
            error = result.error_in_exec or result.error_before_exec
        except BaseException as failure:  # IPython's own machinery failed on what user code did to it
            error = failure
        self.surroundings.restore()
        return Outcome(error, before if shell.execution_count > before else None)

    def _show_figures(self, shell: FlowShell) -> None:
        problem = shell.guarded(self.presenter.show_open_figures)
        if problem is not None:
            text = f"Open figures could not be shown: {type(problem).__name__}: {safe_str(problem)}\n"
            self.outbox.put(STDERR, text)

    def _leave_if_forked(self, outcome: Outcome) -> None:
        """A process that user code forked has come back here: it must not act as the runner."""
        if os.getpid() != self.shared.pid:
            self.outbox.drain()
            os._exit(0 if outcome.error is None else 1)

    # Classify ------------------------------------------------------------------------------------

    def _classify(
        self, shell: FlowShell, cell: Execute, outcome: Outcome
    ) -> tuple[ExecutionState, CellError | None]:
        error = outcome.error
        if error is None:
            return ExecutionState.SUCCEEDED, None
        found: list[CellError] = []
        shell.guarded(lambda: found.append(errors.describe(shell, error, cell.code)))
        told = found[0] if found else CellError(type(error).__name__, "", [type(error).__name__])
        if self.interrupts.named and isinstance(error, KeyboardInterrupt):
            return ExecutionState.CANCELLED, told
        return ExecutionState.FAILED, told

    # Record --------------------------------------------------------------------------------------

    def _record(
        self,
        cell: Execute,
        outcome: Outcome,
        status: ExecutionState,
        error: CellError | None,
        meter: Meter,
    ) -> None:
        used = meter.read()
        self.outbox.conclude(
            Done(
                cell.execution_id,
                str(status),
                outcome.count,
                wall_s=used.wall_s,
                cpu_s=used.cpu_s,
                memory_peak_bytes=used.memory_peak_bytes,
                error=error,
            )
        )

    def _refuse(self, cell: Execute, status: ExecutionState, error: CellError) -> None:
        self.outbox.conclude(Done(cell.execution_id, str(status), None, 0.0, 0.0, None, error))
