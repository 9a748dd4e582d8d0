"""What `husk exec` runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broker_config.wire.errors import BadInput
from web.commands.cells import cells_of


def notebook(path: Path, cells: list[dict[str, object]]) -> str:
    """A notebook file with these cells."""
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}))
    return str(path)


def test_code_is_one_cell() -> None:
    assert cells_of("print(1)\nprint(2)") == ["print(1)\nprint(2)"]


def test_code_that_ends_like_a_file_but_has_lines_is_code() -> None:
    assert cells_of("x = 1\nnames.py") == ["x = 1\nnames.py"]


def test_a_python_file_is_parted_at_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("# about this file\n\n# %% one\na = 1\n\n# %%\nprint(a)\n# %% nothing\n")
    assert cells_of(str(path)) == ["# %% one\na = 1", "# %%\nprint(a)"]


def test_a_python_file_without_marks_is_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("a = 1\nprint(a)\n")
    assert cells_of(str(path)) == ["a = 1\nprint(a)"]


def test_a_notebook_gives_its_code_cells(tmp_path: Path) -> None:
    cells: list[dict[str, object]] = [
        {"cell_type": "markdown", "source": "# Title"},
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
        {"cell_type": "code", "source": "print(a)"},
        {"cell_type": "code", "source": " \n"},
    ]
    assert cells_of(notebook(tmp_path / "n.ipynb", cells)) == ["a = 1\nb = 2", "print(a)"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"cells": [{"source": "x"}]}', "not json"])
def test_what_is_no_notebook_is_said_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(text)
    with pytest.raises(BadInput, match="no notebook"):
        cells_of(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        cells_of(str(tmp_path / "gone.py"))


def test_a_file_without_code_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("# only words\n")
    with pytest.raises(BadInput, match="holds no code"):
        cells_of(str(path))
