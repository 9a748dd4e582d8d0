"""A cell without IPython's own syntax is left alone, exactly as IPython would leave it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from kernel_worker.runner.transforming import SPECIAL, CellTransformer, keep_empty_lines

WORDS = [
    "%",
    "%%",
    "!",
    "?",
    ",",
    ";",
    "/",
    ">>>",
    "...",
    "In [1]: ",
    "[ins] ",
    "[nav] ",
    "x",
    "=",
    "1",
    "'",
    '"""',
    "#",
    "(",
]
WORDS += [")", ":", " ", "    ", "\n", "\r", "\f", "\u2028", "\\", "def f", "await f", "async", "time", "ä"]


def ipythons() -> TransformerManager:
    manager = TransformerManager()
    manager.cleanup_transforms[0] = keep_empty_lines
    return manager


@pytest.mark.filterwarnings("ignore::UserWarning")  # IPython's, of odd ends of lines
@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
def test_a_cell_becomes_what_ipython_makes_of_it(cell: str) -> None:
    assert CellTransformer().transform_cell(cell) == ipythons().transform_cell(cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("%time x", "x = !ls", "x?", "  a = 1", "\n\n%%bash\nls", ">>> 1", "/f 1", "a = 1\n;f x"),
        *("In [3]: 1", " In [1]: a = 1", "[ins] In [1]: a = 1", "[nav] In [2]: a\n[nav] In [3]: b"),
    ],
)
def test_what_is_special_goes_ipythons_way(cell: str) -> None:
    assert SPECIAL.search(cell)
    assert CellTransformer().transform_cell(cell) != f"{cell}\n"


def test_what_is_not_special_is_not_read_token_by_token() -> None:
    assert not SPECIAL.search("import math\nfor n in [1, 2]:\n    print(n / 2, end=';')\n")


def test_a_transformer_that_user_code_adds_sees_every_cell() -> None:
    transformer = CellTransformer()
    transformer.cleanup_transforms.append(lambda lines: [line.upper() for line in lines])
    assert transformer.transform_cell("a = 1") == "A = 1\n"
