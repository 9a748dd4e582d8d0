"""What chains of calls give, by annotations, and signatures as text; nothing of it is run."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from kernel_worker.runner import signatures
from kernel_worker.runner.chains import MISSING, OfType, follow
from kernel_worker.runner.places import Call


class Trap:
    """Whose code must not run."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


class Plain:
    @property
    def frame(self) -> pl.DataFrame:
        raise AssertionError

    def itself(self) -> Plain:
        raise AssertionError

    @staticmethod
    def number() -> int:
        raise AssertionError

    @classmethod
    def made(cls) -> Plain:
        raise AssertionError

    def unknown(self):  # type: ignore[no-untyped-def]
        raise AssertionError


NAMES = {"df": pl.DataFrame({"a": [1]}), "pl": pl, "trap": Trap(), "plain": Plain(), "Plain": Plain}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("df.filter(1)", pl.DataFrame),
        ("df.lazy().filter(anything).collect()", pl.DataFrame),
        ("pl.col('a').sum()", pl.Expr),
        ("pl.read_parquet('x')", pl.DataFrame),
        ("plain.frame", pl.DataFrame),
        ("plain.itself().itself()", Plain),
        ("Plain.made()", Plain),
        ("Plain()", Plain),
        ("plain.number()", int),
    ],
)
def test_a_chain_is_followed_by_what_its_functions_say_they_return(expression: str, found: type) -> None:
    assert follow(expression, lambda name: NAMES.get(name, MISSING)) == OfType(found)


@pytest.mark.parametrize(
    "expression",
    [
        "trap.a",
        "plain.unknown()",
        "nobody.filter()",
        "df.nothing",
        "1 +",
        "df[0]",
        "x" * 9 + "(" * 500 + ")" * 500,
    ],
)
def test_what_is_not_known_is_missing(expression: str) -> None:
    assert follow(expression, lambda name: NAMES.get(name, MISSING)) is MISSING


def _many(a: int, /, b: str = "x", *rest: Any, c: list[int] | None = None, **more: Any) -> bool:
    raise AssertionError


@pytest.mark.parametrize(
    ("call", "active"),
    [
        (Call("f", 0, None), "a: int"),
        (Call("f", 1, None), "b: str = 'x'"),
        (Call("f", 9, None), "*rest: Any"),
        (Call("f", 0, "c"), "c: list[int] | None = None"),
        (Call("f", 0, "unknown"), "**more: Any"),
    ],
)
def test_the_parameter_that_an_argument_is_for_is_marked_in_the_signature(call: Call, active: str) -> None:
    shown = signatures.of_object(_many, "f")
    assert shown is not None
    assert shown.label == (
        "f(a: int, /, b: str = 'x', *rest: Any, c: list[int] | None = None, **more: Any) -> bool"
    )
    at = shown.active(call)
    assert at is not None
    start, end = shown.spans[at]
    assert shown.label[start:end] == active


def test_defaults_are_told_without_running_their_code() -> None:
    def f(a: Any = Trap(), b: Any = (), *, c: Any = len) -> None:  # noqa: B008
        raise AssertionError

    shown = signatures.of_object(f, "f")
    assert shown is not None
    assert shown.label == "f(a: Any = …, b: Any = (), *, c: Any = len) -> None"
    assert shown.active(Call("f", 5, None)) is None
    assert signatures.of_object(5, "five") is None
