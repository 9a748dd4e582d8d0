"""What a dead agent left in the folder of staged files that no open execution names."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from kernel_worker.agent.staging import SUFFIX


def sweep(folder: Path, open_executions: Collection[str]) -> int:
    """Remove it, before anything else is staged; how many files it was."""
    if not folder.is_dir():
        return 0
    kept = {f"{execution_id}{SUFFIX}" for execution_id in open_executions}
    for name in list(kept):
        with suppress(FileNotFoundError):
            kept.update(_files(folder / name))
    gone = [path for path in folder.iterdir() if path.name not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _files(staging: Path) -> set[str]:
    found: set[str] = set()
    for line in staging.read_bytes().splitlines():
        with suppress(ValueError, KeyError, TypeError):
            found.add(json.loads(line)["file"])
    return found
