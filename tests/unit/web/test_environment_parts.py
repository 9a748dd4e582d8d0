"""Parts about environments of API, client and command line that need no server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from broker_config.wire.errors import BadField, Unavailable
from tests.unit.web.test_durations import kernel
from web.api.building import LONGEST, clean
from web.api.kernel_bodies import KernelChange, NewKernelBody
from web.cli import main
from web.commands.changing import new_lines
from web.commands.kernel_lock import read_lock
from web.commands.kernel_words import line, whole
from web.resolves import Resolves


@pytest.mark.parametrize(
    ("shown", "now", "new"),
    [
        ([], [], []),
        ([], ["a"], ["a"]),
        (["a"], ["a"], []),
        (["a"], ["a", "b"], ["b"]),
        (["a", "a"], ["a", "a", "a"], ["a"]),
        (["a", "b", "c"], ["b", "c", "d"], ["d"]),
        (["a", "b"], ["x"], ["x"]),
        (["a", "b"], [], []),
    ],
)
def test_each_line_of_a_log_that_moves_on_is_shown_once(
    shown: list[str], now: list[str], new: list[str]
) -> None:
    assert new_lines(shown, now) == new


def test_what_builders_say_holds_nothing_but_text() -> None:
    assert clean(b"\x1b]0;title\x07\x1b[31mred\x1b[0m \xff") == "]0;title[31mred[0m \ufffd"
    assert clean("a\u202eb\rc\x00\u2066") == "abc"
    assert len(clean("x" * 10_000)) == LONGEST


def test_packages_are_a_list_or_a_text_and_are_read_as_requirements() -> None:
    for given in ("Pandas >=2, <3, six", ["six", "pandas<3,>=2"]):
        body = NewKernelBody.model_validate({"id": "x", "packages": given})
        assert body.packages == ["pandas<3,>=2", "six"], given
    assert NewKernelBody.model_validate({"id": "x", "packages": ""}).packages == []
    assert KernelChange.model_validate({"packages": []}).packages == []


def test_a_package_that_is_none_is_an_error_of_its_field() -> None:
    with pytest.raises(BadField) as caught:
        NewKernelBody.model_validate({"id": "x", "packages": ["-r x"]})
    assert caught.value.field == "packages"


def test_few_wait_for_a_lock_at_once_and_fewer_of_one_user() -> None:
    resolves = Resolves(threads=12)
    with resolves.one(1), resolves.one(1):
        with pytest.raises(Unavailable), resolves.one(1):
            raise AssertionError("a third one of one user")
        with resolves.one(2), pytest.raises(Unavailable), resolves.one(3):
            raise AssertionError("a fourth one of all")
    with resolves.one(1), resolves.one(1), resolves.one(3):
        pass


def test_one_that_failed_is_counted_no_more() -> None:
    resolves = Resolves(threads=4)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), resolves.one(1):
            raise ZeroDivisionError
    with resolves.one(1):
        pass


def test_the_list_says_what_building_said_last() -> None:
    assert line(kernel(state="building", build_line="fetching numpy"))[-1] == "fetching numpy"
    assert line(kernel(error="it failed", build_line="x"))[-1] == "it failed"


def test_all_of_a_kernel_names_its_packages_and_who_locked_them() -> None:
    fields: dict[str, Any] = {"packages": ["pandas<3", "six"], "locked_by": "ann"}
    shown = dict(whole(kernel(**fields, locked_at=datetime.now(UTC).isoformat(), allow_sdist=True)))
    assert (shown["packages"], shown["builds sources"]) == ("pandas<3, six", "yes")
    assert shown["locked"].startswith("by ann 0.")
    assert not {"packages", "locked", "builds sources", "building"} & dict(whole(kernel())).keys()


def test_a_lock_that_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(b"\xff\xfe\x00")
    for name in (str(picture), str(tmp_path / "nowhere")):
        answer = CliRunner().invoke(main, ["kernel", "create", "x", "--lock", name])
        assert answer.exit_code == 2, answer.output
    assert read_lock({"lock": None, "name": "x"}) == {"lock": None, "name": "x"}
