"""The folder of one local kernel: who it is, its log, and the folders of agent and runner."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import BinaryIO

from broker_config.wire import names
from tasks.runtimes.base import Ref

LOG_BYTES = 10_000_000
TAIL_BYTES = 4_000_000
"""The most of a log that is shown, however long its lines are."""
PIECE_BYTES = 65_536
WRITE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f]")


class Place:
    """``root`` is ``<kernels_dir>/<uid>``."""

    def __init__(self, kernels_dir: Path, uid: str) -> None:
        if not names.UID.fullmatch(uid):
            raise ValueError("not a kernel uid")
        self.root = kernels_dir / uid
        self.agent = self.root / "agent"
        self.runner = self.root / "runner"
        self.shared = self.root / "shared"
        self.log = self.root / "kernel.log"
        self._ref = self.root / "process.json"

    def make(self, open_to_others: bool) -> None:
        """Make the folder; those inside are made by init. Raises ``OSError``.

        ``open_to_others``: agent and runner, being other users, can pass to their own folders.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711 if open_to_others else 0o700)

    def note(self, ref: Ref) -> None:
        """Write down which process it is, whole or not at all."""
        fresh = self._ref.with_suffix(".new")
        fresh.write_text(json.dumps(ref))
        fresh.chmod(0o600)
        fresh.replace(self._ref)

    def noted(self) -> Ref | None:
        """What ``note`` wrote last; None when there is nothing that can be read."""
        try:
            ref = json.loads(self._ref.read_text())
        except (OSError, ValueError):
            return None
        return ref if isinstance(ref, dict) else None

    def open_log(self) -> int:
        """A descriptor that appends to the log; a long one is put aside first."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, WRITE, 0o600)

    def bound_log(self) -> None:
        """Empty the log of a kernel that talks too much while it runs."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > 2 * LOG_BYTES:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def tail(self, lines: int) -> str:
        """The log's last lines without control characters, ``TAIL_BYTES`` at most."""
        try:
            with os.fdopen(os.open(self.log, READ), "rb") as file:
                text = _end_of(file, lines).decode(errors="replace")
        except OSError:
            return ""
        return _CONTROL.sub("", "\n".join(text.splitlines()[-lines:]))

    def has_journal(self) -> bool:
        """Whether an agent has kept something here."""
        with contextlib.suppress(OSError):
            return any(self.agent.iterdir())
        return False

    def remove(self) -> None:
        """Remove all of it. Links in it are removed, not followed.

        Raises:
            OSError: something is left; nothing of it may be in use.
        """
        with contextlib.suppress(OSError):
            _open_folders(self.root)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.root)
        if self.root.exists():
            shutil.rmtree(self.root)


def _end_of(file: BinaryIO, lines: int) -> bytes:
    """At least the last ``lines`` lines, where they are not too long."""
    size = os.fstat(file.fileno()).st_size
    start, end = size, b""
    while start > 0 and len(end) < TAIL_BYTES and end.count(b"\n") <= lines:
        piece = min(PIECE_BYTES, start)
        start -= piece
        file.seek(start)
        end = file.read(piece) + end
    return end


def _open_folders(root: Path) -> None:
    """Make folders that user code has closed removable; who is root needs none of it."""
    for folder, names_in, _files in os.walk(root):
        for name in names_in:
            inner = Path(folder, name)
            if not inner.is_symlink():
                inner.chmod(0o700)
