"""The expression under a cursor and the call around it, in code that is being written."""

from __future__ import annotations

import pytest

from kernel_worker.runner.places import MOST_CODE, Call, call_at, expression_at, near, owner_at


@pytest.mark.parametrize(
    ("code", "cursor", "found"),
    [
        ("df.filter", 9, "df.filter"),
        ("df.filter", 1, "df"),
        ("x = df.filter(1).sel", 18, "df.filter(1).sel"),
        ("f(a)[0].b", 9, "f(a)[0].b"),
        ("'x'.join", 8, "'x'.join"),
        ("if value", 8, "value"),
        ("if value", 1, None),
        ("f(1", 3, None),
        ("# word", 6, None),
        ("'word", 4, None),
        ("", 0, None),
    ],
)
def test_the_expression_under_the_cursor_goes_as_far_as_its_dots(
    code: str, cursor: int, found: str | None
) -> None:
    assert expression_at(code, cursor) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("f(", Call("f", 0, None)),
        ("f(a, b=", Call("f", 1, "b")),
        ("f(a)(x, [1, ", Call("f(a)", 1, None)),
        ("print('a', x.y[3].z(", Call("x.y[3].z", 0, None)),
        ("f('(', ", Call("f", 1, None)),
        ("f(\n  1,\n  2,", Call("f", 2, None)),
        ("f(g(1, 2), ", Call("f", 1, None)),
        ("if f(a", Call("f", 0, None)),
        ("f(a) ", None),
        ("def f(a, ", None),
        ("class A(", None),
        ("(1, ", None),
        ("if (1, ", None),
        ("f('''abc", Call("f", 0, None)),
    ],
)
def test_the_call_around_the_cursor_is_the_innermost_open_one(code: str, found: Call | None) -> None:
    assert call_at(code, len(code)) == found


def test_the_owner_of_an_attribute_may_be_a_call() -> None:
    code = "x = df.filter(pl.col('a') > 1)."
    assert owner_at(code, len(code) - 1) == "df.filter(pl.col('a') > 1)"
    assert owner_at("1 + .", 4) is None


def test_of_a_megabyte_the_lines_before_the_cursor_are_looked_at() -> None:
    code = "data = '" + "x" * 1_000_000 + "'\nprint(da)\n"
    lines, place = near(code, len(code) - 2)
    assert len(lines) <= 2 * MOST_CODE
    assert lines[:place] == "print(da"
    assert near("abc", 99) == ("abc", 3)


@pytest.mark.parametrize(
    "code", ["  x\n y(", "\x0cf(\x0c", "f(\r\n", "((((", "))))", "\\\n", "f(é, ", "\0f("]
)
def test_code_that_makes_no_sense_has_an_answer(code: str) -> None:
    for cursor in range(len(code) + 1):
        call_at(code, cursor)
        expression_at(code, cursor)
        owner_at(code, cursor)
