"""IPython's shell as a kernel needs it: one per flow, no history database, no output of its own."""

# mypy: allow-untyped-calls
# IPython, which this calls up into, has few types.
from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from IPython.core.builtin_trap import BuiltinTrap
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets.config import Config

from kernel_worker.runner.display.hooks import BundleFormatter, ShowPublisher, ValueHook
from kernel_worker.runner.display.presenter import Presenter
from kernel_worker.runner.event_loop import FlowLoop
from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.spool import Shelf
from kernel_worker.runner.transforming import CellTransformer

CONFIG = Config()
CONFIG.HistoryManager.enabled = False
CONFIG.HistoryManager.hist_file = ":memory:"
# Completions come from live objects: jedi costs 20 MB, and seconds on a large package.
CONFIG.Completer.use_jedi = False
CONFIG.InteractiveShell.warn_venv = False


class NoTrap(BuiltinTrap):
    """``builtins`` are put back by ``surroundings``; a second thread asks here for completions meanwhile."""

    def activate(self) -> None:
        """Nothing to add."""

    def deactivate(self) -> None:
        """Nothing to remove."""


class FlowShell(InteractiveShell):
    """The shell of one flow's namespace, empty when made."""

    def __init__(self, interrupts: Interrupts, presenter: Presenter, shelf: Shelf) -> None:
        self.interrupts = interrupts
        self.shelf = shelf
        self.presenter = presenter
        self.running_user_code = False
        self.parameters: Mapping[str, Any] | None = None  # of the running cell; None: not known (yet)
        super().__init__(config=CONFIG, user_module=ModuleType("__main__"))
        atexit.unregister(self.atexit_operations)  # it would keep every namespace there ever was

    def activate(self) -> None:
        """Make this the shell that ``get_ipython()`` and ``sys.modules["__main__"]`` find."""
        for cls in type(self)._walk_mro():
            cls._instance = self  # type: ignore[assignment]
        sys.modules["__main__"] = self.user_module

    def dispose(self) -> None:
        """Let go of all that the flow made."""
        self.loop.close()
        self.shelf.close()
        with contextlib.suppress(Exception):  # finalizers of user code run here
            self.user_ns.clear()
            manager: Any = self.history_manager
            manager.reset(new_session=False)
            self.displayhook._ = self.displayhook.__ = self.displayhook.___ = ""
        self.last_execution_result = self.InteractiveTB.tb = None  # the frames of an error hold its variables

    displayhook_class = ValueHook

    # Hooks called by InteractiveShell.__init__ ---------------------------------------------------

    def init_profile_dir(self, profile_dir: Any) -> None:
        """A home that cannot be written must not keep a kernel from running."""
        with contextlib.suppress(OSError):
            super().init_profile_dir(profile_dir)

    def init_builtins(self) -> None:
        self.builtin_trap = NoTrap(shell=self)

    def init_instance_attrs(self) -> None:
        super().init_instance_attrs()
        self.loop = FlowLoop(self.interrupts)
        self.loop_runner = self.loop.run

    def init_prefilter(self) -> None:
        super().init_prefilter()
        self.input_transformer_manager = CellTransformer()

    def init_display_formatter(self) -> None:
        self.display_formatter = BundleFormatter(parent=self)

    def init_display_pub(self) -> None:
        self.display_pub = ShowPublisher(parent=self, shell=self)

    def init_user_ns(self) -> None:
        super().init_user_ns()
        self.user_ns["exit"] = self.user_ns["quit"] = self.user_ns_hidden["exit"] = sys.exit
        self.user_ns_hidden["quit"] = sys.exit
        self.user_ns.pop("open", None)

    # Running -------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """IPython would keep a copy of all output here."""
        yield

    def should_run_async(self, raw_cell: str, **known: Any) -> bool:
        """Whether the cell awaits. IPython compiles every cell to find out."""
        cell = known.get("transformed_cell") or raw_cell
        return ("await" in cell or "async" in cell) and bool(super().should_run_async(raw_cell, **known))

    async def run_code(self, code_obj: Any, result: Any = None, *, async_: bool = False) -> bool:
        """Run one statement; True when it raised. The error stays in ``result``, nothing is printed.

        ``running`` is set and cleared by plain assignments: between them and ``exec`` Python does
        not look for signals, so an interrupt is raised in user code or not at all.
        """
        __tracebackhide__ = "__ipython_bottom__"
        interrupts = self.interrupts
        outside = interrupts.running  # true in a cell with ``await``: the event loop is user code's too
        try:
            self.running_user_code = True
            if async_:
                await eval(code_obj, self.user_global_ns, self.user_ns)  # noqa: S307 (user code is what we run)
            else:
                interrupts.running = True
                if interrupts.pending:
                    interrupts.pending = False
                    raise KeyboardInterrupt
                exec(code_obj, self.user_global_ns, self.user_ns)  # noqa: S102
                interrupts.running = outside
        except BaseException as error:
            interrupts.running = outside
            self.running_user_code = False
            if result is not None:
                result.error_in_exec = error
            return True
        self.running_user_code = False
        return False

    def guarded(self, step: Callable[[], object]) -> BaseException | None:
        """Run a step of ours that runs user code (a ``__repr__``), so that an interrupt can break it."""
        interrupts = self.interrupts
        try:
            interrupts.running = True
            step()
            interrupts.running = False
        except BaseException as error:
            interrupts.running = False
            return error
        return None

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Only what user code asks for; a cell's own error is told by ``errors``."""
        if self.running_user_code:
            super().showtraceback(*args, **kwargs)

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """As ``showtraceback``."""
        if self.running_user_code:
            super().showsyntaxerror(*args, **kwargs)

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        sys.stderr.write("\n".join(stb) + "\n")

    def _format_exception_for_storage(self, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        return {}

    def system(self, cmd: str) -> None:
        """``!cmd``: its output goes to the cell's own descriptors; an interrupt ends it."""
        command = self.var_expand(cmd, depth=1)
        process = subprocess.Popen(command, shell=True, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S602
        try:
            code = process.wait()
        except BaseException:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=5)
            raise
        self.user_ns["_exit_code"] = code

    def enable_matplotlib(self, gui: Any = None) -> tuple[str, str]:
        """``%matplotlib``: figures are always shown inline."""
        return "inline", "inline"

    def run(self, code: str, interactive: bool) -> ExecutionResult:
        """Run a cell; the value of its last expression is shown when ``interactive``."""
        wanted = "last_expr" if interactive else "none"
        if self.ast_node_interactivity != wanted:
            self.ast_node_interactivity = wanted
        result: ExecutionResult = self.run_cell(code, store_history=True)
        return result
