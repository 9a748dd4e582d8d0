"""Flows in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from broker_config.wire.errors import BadInput
from web.flow_files import LARGEST_BYTES, read_text

ENDINGS = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


def read(path: Path) -> dict[str, Any]:
    """The document in a file; by its ending, else by how it begins.

    Raises:
        BadInput: it cannot be read, or is neither. What stands in it is for the server to judge.
    """
    try:
        # One more than may be: a file that grows, or a pipe, is not read to its end.
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    try:
        return read_text(data, ENDINGS.get(path.suffix.lower()))
    except BadInput as error:
        raise BadInput(f"{path}: {error.message}") from None
