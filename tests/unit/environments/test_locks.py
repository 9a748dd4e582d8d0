"""Locks: one canonical file, which says all, and nothing else is read as one."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.wire.errors import BadField
from tasks.environments import locks
from tasks.environments.base_set import base_pins
from tasks.environments.locks import Difference, Pin, difference, make, parse

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
PINS = (Pin("polars", "2.1.0", (B, A)), Pin("ipython", "9.18.1", (C,), 'python_version >= "3.11"'))
LOCK = make("3.11", "base", ["pandas<3,>=2", "polars"], PINS)
TEXT = f"""\
# husk lock, format 1
# python 3.11
# flavour base
# package pandas<3,>=2
# package polars
ipython==9.18.1 ; python_version >= "3.11" \\
    --hash=sha256:{C}
polars==2.1.0 \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
"""


def test_a_lock_is_a_requirements_file_behind_a_head_that_says_what_it_is_for() -> None:
    assert LOCK.text == TEXT
    assert LOCK.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert [pin.name for pin in LOCK.pins] == ["ipython", "polars"]
    assert LOCK.pins[1].hashes == (A, B)


def test_it_is_read_as_what_it_was_made_from() -> None:
    assert parse(TEXT) == LOCK
    sources = make("3.12", "ml", [], PINS, allow_sdist=True)
    assert parse(sources.text) == sources
    assert sources.digest != make("3.12", "ml", [], PINS).digest


def test_the_order_of_lines_and_hashes_and_their_ends_do_not_change_it() -> None:
    head, body = TEXT.splitlines()[:5], TEXT.splitlines()[5:]
    text = "\r\n".join([*head, "", body[2], f"    --hash=sha256:{B} \\", f"    --hash=sha256:{A}", *body[:2]])
    assert parse(text) == LOCK


BAD_LINES = [
    "numpy",
    "numpy==1.0",
    f"numpy>=1.0 --hash=sha256:{A}",
    f"numpy===1.0 --hash=sha256:{A}",
    f"numpy==1.* --hash=sha256:{A}",
    f"numpy==1.0 --hash=md5:{A}",
    f"numpy==1.0 --hash=sha256:{A[:-1]}",
    f"numpy==1.0 --hash=sha256:{A} --pre",
    f"numpy==1.0 --pre --hash=sha256:{A}",
    f"numpy[x]==1.0 --hash=sha256:{A}",
    f"numpy @ https://x/y.whl --hash=sha256:{A}",
    f"https://x/y.whl --hash=sha256:{A}",
    f"./numpy==1.0 --hash=sha256:{A}",
    f"numpy==1.0;os_name=='--pre' --hash=sha256:{A}",
    f"numpy==1.0;what is this --hash=sha256:{A}",
    f"numpy==1.0 # why --hash=sha256:{A}",
    f"--numpy==1.0 --hash=sha256:{A}",
    "--index-url https://x",
    "-r other.txt",
    "-e .",
    f"numpy==$V --hash=sha256:{A}",
    f"numрy==1.0 --hash=sha256:{A}",
    f"numpy==1.0 --hash=sha256:{A} \\",
    f"  # indented\nnumpy==1.0 --hash=sha256:{A}",
    f"polars==3 --hash=sha256:{A}",
]


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_line_that_is_not_a_version_with_hashes_is_refused(line: str) -> None:
    with pytest.raises(BadField) as caught:
        parse(f"{TEXT}{line}\n")
    assert caught.value.field == "lock"


HEADS = {
    "": "first line",
    "# husk lock, format 2\n# python 3.11\n# flavour base\n": "first line",
    "# husk lock, format 1\n": "first line",
    "# husk lock, format 1\n# python 3.11; x\n# flavour base\n": "Python and a flavour",
    "# husk lock, format 1\n# python 3.11\n# flavour ../x\n": "Python and a flavour",
    "# husk lock, format 1\n# flavour base\n# python 3.11\n": "Python and a flavour",
    "# husk lock, format 1\n# python 3.11\n# flavour base\n# package -r x\n": "options",
    "# husk lock, format 1\n# python 3.11\n# flavour base\n# anything\n": "does not know",
    "# husk lock, format 1\n# python 3.11\n# flavour base\n# package a\n# package A\n": "twice",
}


@pytest.mark.parametrize("head", HEADS)
def test_a_head_that_husk_did_not_write_is_refused(head: str) -> None:
    with pytest.raises(BadField, match=HEADS[head]):
        parse(head + "\n".join(TEXT.splitlines()[5:]))


def test_an_empty_or_endless_lock_is_refused() -> None:
    with pytest.raises(BadField, match="no packages"):
        parse("\n".join(TEXT.splitlines()[:5]))
    with pytest.raises(BadField, match="at most"):
        parse(TEXT + "#" * locks.LONGEST)
    with pytest.raises(BadField, match="ends within a line"):
        parse(TEXT.rstrip() + " \\\n")


def test_a_lock_that_a_person_brings_has_what_every_kernel_needs() -> None:
    with pytest.raises(BadField, match="lacks cloudpickle, joblib"):
        locks.given(TEXT)
    whole = make("3.11", "base", [], [Pin(name, "1", (A,)) for name in base_pins("base")])
    assert locks.given(whole.text) == whole


def test_the_difference_has_what_is_new_changed_and_gone() -> None:
    new = make("3.11", "base", [], [Pin("polars", "2.2.0", (A,)), Pin("numpy", "2.0", (A,))])
    assert difference(LOCK, new) == [
        Difference("ipython", "9.18.1", None),
        Difference("numpy", None, "2.0"),
        Difference("polars", "2.1.0", "2.2.0"),
    ]
    assert difference(None, LOCK) == [
        Difference("ipython", None, "9.18.1"),
        Difference("polars", None, "2.1.0"),
    ]
    assert difference(LOCK, LOCK) == []


NAMES = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,4})?", fullmatch=True)
HASHES = st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, max_size=3)
PINS_BY_NAME = st.dictionaries(
    NAMES, st.tuples(st.from_regex(r"[1-9]\.[1-9](rc1|\.post2)?", fullmatch=True), HASHES), min_size=1
)


@given(PINS_BY_NAME, st.booleans())
def test_what_is_locked_is_read_back(pins: dict[str, tuple[str, list[str]]], sources: bool) -> None:
    made = [Pin(name, version, tuple(sorted(set(found)))) for name, (version, found) in pins.items()]
    lock = make("3.13", "ml", ["x[a,b]>=1"], made, sources)
    assert parse(lock.text) == lock
    assert lock.pins == tuple(sorted(made, key=lambda pin: pin.name))


@given(st.text(), st.integers(0, len(TEXT)))
def test_a_lock_with_anything_put_in_is_refused_or_is_still_a_lock(text: str, at: int) -> None:
    try:
        lock = parse(TEXT[:at] + text + TEXT[at:])
    except BadField:
        return
    assert parse(lock.text) == lock
    for line in lock.text.splitlines():
        assert line.startswith(("# ", "    --hash=sha256:")) or locks.NAME.fullmatch(line.split("==")[0])
