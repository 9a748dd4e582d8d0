"""The Procfile's lines as one child process of ``husk up``: honcho, and the log of what all print."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

from broker_config.settings import Settings
from broker_config.wire.errors import BadSettings
from web.stack import preflight, records
from web.stack.keep import PR_SET_PDEATHSIG

TOP = Path(__file__).resolve().parents[2]
LOG = "stack.log"
LOG_BYTES = 10_000_000
# honcho itself kills what is left 5 s after its SIGTERM.
STOP_S = 8.0


class Lines:
    """All processes of the stack."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.log_path = preflight.log_folder(settings) / LOG
        self._process: subprocess.Popen[bytes] | None = None
        self._pump: threading.Thread | None = None

    def start(self) -> None:
        """Start every line.

        Raises:
            BadSettings: there is no Procfile here.
        """
        procfile = TOP / "Procfile"
        if not procfile.is_file():
            raise BadSettings(f"husk up runs from a checkout: there is no Procfile in {TOP}")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "honcho", "start", "--no-colour", "-e", os.devnull, "-f", str(procfile)],
            cwd=TOP,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_dies_with_us(),  # noqa: PLW1509 - no thread runs yet
        )
        self._pump = threading.Thread(target=self._keep_log, name="log", daemon=True)
        self._pump.start()

    def _environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "HUSK_DATA_DIR": str(self._settings.data_dir.resolve()),
            "STACK_RUN": str(preflight.run_folder(self._settings)),
        }

    def _keep_log(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        log = RotatingFileHandler(self.log_path, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
        for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip("\n")
            log.emit(LogRecord("stack", 0, "", 0, text, None, None))
        log.close()

    @property
    def running(self) -> bool:
        """Whether honcho is there: it ends all lines when one ends, which the wrappers do not."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End every line within ``STOP_S`` seconds or so, and whatever is left of one."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.terminate()
                self._process.wait(STOP_S)
            if self.running:
                self._process.kill()
        records.end_leftovers(preflight.run_folder(self._settings), patience_s=2.0)
        if self._pump is not None:
            self._pump.join(1.0)


def _dies_with_us() -> Callable[[], object]:
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tail(path: Path, name: str, count: int = 5) -> list[str]:
    """The last lines that one process printed."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if f" {name}.1 " in line][-count:]
