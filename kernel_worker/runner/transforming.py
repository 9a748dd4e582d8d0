"""What IPython makes of a cell before Python reads it: magics, ``!commands``, prompts that were pasted."""

# mypy: allow-untyped-calls
# IPython, which this calls up into, has few types.
from __future__ import annotations

import re

from IPython.core.inputtransformer2 import TransformerManager, leading_empty_lines

# A magic, a command or help has one of %!?; the other marks begin a line; prompts are pasted with the code.
# Python's lines end with \n, IPython's with what else Unicode says too.
SPECIAL = re.compile(
    r"[%!?\r\v\f\x1c-\x1e\x85\u2028\u2029]|>>>|\.\.\.|^[ \t]*[,;/]|\A\s"
    r"|^[ \t]*(?:\[(?:ins|nav)\][ \t]*)?In \[",  # the first is a prompt of vi's mode
    re.MULTILINE,
)


def keep_empty_lines(lines: list[str]) -> list[str]:
    """IPython drops empty lines in front of a cell: its tracebacks then name wrong lines.

    Needed only before a cell magic, and before an indented first line.
    """
    first = next((line for line in lines if line.strip()), "")
    return leading_empty_lines(lines) if first.startswith("%%") or first[:1].isspace() else lines


class CellTransformer(TransformerManager):
    """Leaves a cell as it is that holds nothing special: IPython would read it token by token, in Python.

    Transformers that user code adds see every cell.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cleanup_transforms[0] = keep_empty_lines
        self._usual = self._all()

    def _all(self) -> list[object]:
        return [*self.cleanup_transforms, *self.line_transforms, *self.token_transformers]

    def transform_cell(self, cell: str) -> str:
        """The cell as Python, with a line's end at its end."""
        if SPECIAL.search(cell) or self._all() != self._usual:
            return str(super().transform_cell(cell))
        return cell if cell.endswith("\n") else f"{cell}\n"
