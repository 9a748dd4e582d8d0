"""What ``husk exec`` is given: code, a Python file or a notebook, as cells."""

from __future__ import annotations

import json
from pathlib import Path

from broker_config.wire.errors import BadInput

MARK = "# %%"
LARGEST_FILE_BYTES = 16_000_000


def cells_of(given: str) -> list[str]:
    """The cells of a ``.py`` file (parted by ``# %%`` lines), of a ``.ipynb``, or the code itself.

    Raises:
        BadInput: the file is missing, is no notebook, or holds no code.
    """
    path = Path(given)
    if path.suffix not in {".py", ".ipynb"} or "\n" in given or len(given) > 4096:
        return [given]
    text = _text(path)
    found = _notebook(text, path) if path.suffix == ".ipynb" else _parts(text)
    if not found:
        raise BadInput(f"{path} holds no code")
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise BadInput(f"{path} is larger than {LARGEST_FILE_BYTES / 1e6:.0f} MB")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8") from None


def _parts(text: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith(MARK):
            parts.append([])
        parts[-1].append(line)
    return [code for lines in parts if _has_code(code := "\n".join(lines).strip())]


def _has_code(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _notebook(text: str, path: Path) -> list[str]:
    try:
        cells = json.loads(text)["cells"]
        sources = [_joined(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path} is no notebook of format 4") from None
    return [source for source in sources if source.strip()]


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
