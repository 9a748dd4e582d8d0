"""What a kernel wrote: numbers that are none are found, and of its lists so much is kept."""

from __future__ import annotations

import codecs
import hashlib
import json
import math
import random
from typing import Any

import pytest

from tasks.recording.checking import MOST_ITEMS, MOST_ITEMS_BYTES, SUSPECT, bounded, checked
from tasks.recording.consumer import Entry


def test_a_short_list_is_kept_whole() -> None:
    assert bounded([{"name": "x"}, {"name": "y"}]) == [{"name": "x"}, {"name": "y"}]
    assert bounded([]) == []


def test_of_a_long_list_the_beginning_is_kept() -> None:
    assert bounded(list(range(MOST_ITEMS + 5))) == list(range(MOST_ITEMS))


def test_of_large_items_as_many_are_kept_as_fit() -> None:
    large = {"x": "y" * (MOST_ITEMS_BYTES // 3)}
    assert bounded([large] * 9) == [large] * 2
    assert bounded([{"x": "y" * MOST_ITEMS_BYTES}]) == []


UID = "0" * 32
EVENT = '{"type":"display","execution_id":null,"seq":0,"at":1.5,"display_id":"d","title":"","data":{"x":%s}}'


def event(value: str) -> Entry:
    """A display with such a value, as a kernel may write it."""
    return Entry(UID, "1-0", (EVENT % value).encode())


def test_an_event_with_numbers_that_are_some_is_taken() -> None:
    for value in ("1", "-1.5e10", "1e-999", "1e+007", "1.7976931348623157e308", "9" * 300, '"NaN 1e999"'):
        assert checked(event(value)) is not None, value


HOSTILE = [
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1E999", "1e+999", "1E+0000400", "0.1e310"),
    *("123.456e789", "9" * 400 + ".0", "9" * 250 + "e99", "-" + "2" * 210 + ".5E+99", "1e309"),
]
AROUND = [
    *("%s", " %s ", "\t%s", "\r\n%s\n", "[%s]", "[1,%s]", "[1 , %s]", '{"a":%s}', '{"a": %s }'),
    *("[[%s,2],3]", '["e100",%s]', '[1e5,%s,"x"]', '{"\\"":%s}', "[%s,%s]"),
]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:24])
def test_a_number_that_is_none_is_refused_wherever_it_stands(value: str, around: str) -> None:
    whole = around.replace("%s", value)
    assert any(not math.isfinite(number) for number in numbers(json.loads(whole)))
    assert checked(event(whole)) is None


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:24])
def test_so_it_is_in_the_envelope(value: str) -> None:
    text = EVENT.replace('"at":1.5', f'"at":{value}') % "1"
    assert checked(Entry(UID, "1-0", text.encode())) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_another_encoding_hides_nothing(encoding: str) -> None:
    assert checked(Entry(UID, "1-0", (EVENT % "NaN").encode(encoding))) is None
    assert json.loads((EVENT % "NaN").encode(encoding)), "Python's reader takes it"


def test_a_byte_order_mark_hides_nothing() -> None:
    text = codecs.BOM_UTF8 + (EVENT % "1e999").encode()
    assert json.loads(text)
    assert checked(Entry(UID, "1-0", text)) is None


def test_ids_are_not_looked_at_twice() -> None:
    for number in range(500):
        ids = [hashlib.sha256(str(number).encode()).hexdigest(), f"{number}e{number}{number}", "1e999"]
        text = json.dumps({"ids": ids, **dict.fromkeys(ids, 1.5)}, separators=(",", ":"))
        assert SUSPECT.search(text.encode()) is None, text


def numbers(value: Any) -> list[float]:
    """All of them within a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for one in value for number in numbers(one)]
    return [value] if isinstance(value, float) else []


def number(drawn: random.Random) -> str:
    """One as JSON knows it, about as often too large as not."""
    many = drawn.choice((1, 3, 30, 199, 200, 211, 309, 400))
    whole = "".join(drawn.choices("123456789", k=many))
    fraction = drawn.choice(("", ".0", ".125"))
    exponent = drawn.choice(("", "e5", "E+99", "e-400", "e250", f"e{drawn.randrange(400)}", "E+000309"))
    return drawn.choice(("", "-")) + whole + fraction + exponent


def document(drawn: random.Random, depth: int = 3) -> str:
    """JSON as Python reads it, with spaces anywhere."""

    def spaced(text: str) -> str:
        return drawn.choice(SPACES) + text + drawn.choice(SPACES)

    if depth == 0 or drawn.random() < 0.3:
        words = ("true", "null", "NaN", "-Infinity", '"1e999"', '"NaN"', '"\\\\"', '"\\","', "0")
        return drawn.choice((number(drawn), drawn.choice(words)))
    inner = [document(drawn, depth - 1) for _ in range(drawn.randrange(4))]
    if drawn.random() < 0.5:
        return f"[{','.join(map(spaced, inner))}]"
    return "{" + ",".join(f'"k{at}"{spaced(":")}{one}' for at, one in enumerate(inner)) + "}"


SPACES = ("", "", "", " ", "\t", "\r\n", "  ")


def test_no_document_with_a_number_that_is_none_gets_by() -> None:
    seed = random.randrange(2**32)
    drawn = random.Random(seed)
    seen = set()
    for _ in range(3_000):
        text = document(drawn)
        infinite = any(not math.isfinite(number) for number in numbers(json.loads(text)))
        assert (checked(event(text)) is None) == infinite, f"seed {seed}: {text}"
        seen.add(infinite)
    assert seen == {True, False}
