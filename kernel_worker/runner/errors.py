"""An exception as data: type, message, the traceback as IPython colours it, the cell's own line."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import IPython

from broker_config.wire.events import CellError
from kernel_worker.runner.text import clean, safe_str

if TYPE_CHECKING:
    from kernel_worker.runner.shell import FlowShell

LONGEST_MESSAGE = 64 * 1024
LONGEST_LINE = 16 * 1024
MOST_LINES = 500
MOST_FRAMES = 60
_OURS = str(Path(__file__).parent)
_IPYTHON = str(Path(IPython.__file__).parent / "core")


def describe(shell: FlowShell, error: BaseException, code: str) -> CellError:
    """The error as data. User code runs here (``__str__``, ``__repr__``): whatever it does, this returns."""
    kind = type(error).__name__
    try:
        message = clean(safe_str(error), LONGEST_MESSAGE)
        lines = _traceback(shell, error)
    except BaseException as worse:  # also an interrupt: a __str__ may run for ever
        # Who stops a cell twice stops the telling of it, too: there is nothing more to say.
        again = isinstance(error, KeyboardInterrupt) and isinstance(worse, KeyboardInterrupt)
        message = "" if again else f"(no message: {type(worse).__name__} while the error was put into words)"
        lines = [*traceback.format_tb(_trimmed(error.__traceback__)), f"{kind}: {message}".rstrip(": ")]
    return CellError(kind, message, _bounded(lines), _line(shell, error, code))


def plain(error: BaseException) -> CellError:
    """An error of the runner's own, without a traceback."""
    text = safe_str(error)
    return CellError(type(error).__name__, text, [f"{type(error).__name__}: {text}"])


def _traceback(shell: FlowShell, error: BaseException) -> list[str]:
    trace = _trimmed(error.__traceback__)
    if isinstance(error, SyntaxError) and (trace is None or _in_cell(shell, error)):
        entries: Any = traceback.extract_tb(trace) if trace else []
        return list(shell.SyntaxTB.structured_traceback(type(error), error, entries))
    if _holds_group(error):
        return "".join(traceback.format_exception(type(error), error, trace)).splitlines()
    render = getattr(error, "_render_traceback_", None)
    if render is not None:
        return [safe_str(line) for line in render() or []]
    return list(shell.InteractiveTB.structured_traceback(type(error), error, trace, tb_offset=0))


def _holds_group(error: BaseException | None) -> bool:
    for _ in range(MOST_FRAMES):
        if error is None:
            return False
        if isinstance(error, BaseExceptionGroup):
            return True
        error = error.__cause__ or error.__context__
    return False


def _trimmed(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without our frames and IPython's; of a very deep one, head and tail."""
    kept = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith((_OURS, _IPYTHON)):
            kept.append(trace)
        trace = trace.tb_next
    if len(kept) > MOST_FRAMES:
        kept = kept[: MOST_FRAMES // 2] + kept[-MOST_FRAMES // 2 :]
    made: TracebackType | None = None
    for entry in reversed(kept):
        made = TracebackType(made, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return made


def _in_cell(shell: FlowShell, error: SyntaxError) -> bool:
    return isinstance(error.filename, str) and error.filename == _cell_name(shell)


def _cell_name(shell: FlowShell) -> str:
    names = list(shell.compile._filename_map)
    return str(names[-1]) if names else ""


def _line(shell: FlowShell, error: BaseException, code: str) -> int | None:
    """The failing line of this cell, from 1. Empty lines that IPython dropped in front are added."""
    name = _cell_name(shell)
    skipped = _empty_lines(code) - _empty_lines("".join(linecache.getlines(name)))
    if isinstance(error, SyntaxError) and _in_cell(shell, error):
        return error.lineno + skipped if isinstance(error.lineno, int) else None
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line + skipped if line is not None else None


def _empty_lines(code: str) -> int:
    """Empty lines in front."""
    return code[: len(code) - len(code.lstrip())].count("\n")


def _bounded(lines: list[str]) -> list[str]:
    if len(lines) > MOST_LINES:
        half = MOST_LINES // 2
        lines = [*lines[:half], f"… {len(lines) - 2 * half} more lines …", *lines[-half:]]
    return [clean(safe_str(line), LONGEST_LINE) for line in lines]
