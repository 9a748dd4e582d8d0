"""Every function refuses bad names and values with the right exception and words, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.runner.bad_values import BAD_CALLS, BAD_NAMES, GOOD_NAMES, TAKES_A_NAME, TAKES_A_NAME_OR_NONE
from tests.unit.runner.process import Runner

ROWS = [
    *((call.format(value), kind, words) for call in TAKES_A_NAME for value, kind, words in BAD_NAMES),
    *(
        (call.format(value), kind, words)
        for call in TAKES_A_NAME_OR_NONE
        for value, kind, words in BAD_NAMES
        if value != "None"
    ),
    *BAD_CALLS,
]


@pytest.mark.parametrize(("call", "kind", "words"), ROWS, ids=[row[0] for row in ROWS])
def test_a_bad_value_is_refused_by_name(runner: Runner, call: str, kind: str, words: str) -> None:
    runner.board.inputs = ["orders"]
    ran = runner.run(f"flowfile.{call}")
    error = ran.end.error
    assert error is not None, "it was accepted"
    assert (error.type, words in error.message) == (kind, True), error.message
    board = runner.board
    assert (board.outputs, board.artifacts, board.catalog) == ({}, {}, [])


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_an_odd_name_is_a_name(runner: Runner, tmp_path: Path, name: str) -> None:
    code = (
        f"n = {name}\nflowfile.publish_output(pl.DataFrame({{'a': [1]}}), n)\n"
        "flowfile.publish_artifact(n, n); flowfile.publish_global(n, n, namespace=n)\n"
        "assert flowfile.read_artifact(n) == flowfile.get_global(n, namespace=n) == n\n"
        "assert flowfile.get_global(f'{n}::{n}') == n\n"
        "flowfile.delete_artifact(n); flowfile.delete_global_artifact(n, namespace=n)"
    )
    ran = runner.run(code)
    assert ran.end.error is None
    (kept,) = runner.board.outputs
    assert kept == eval(name)
    runner.board.outputs.clear()
