"""Events of a cell as text."""

from __future__ import annotations

import io
from typing import Any

import pytest

from broker_config.wire.events import EVENTS
from web.commands.screen import Screen, bar, in_words


def shown(*events: dict[str, Any]) -> tuple[str, str]:
    """What comes on standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    screen = Screen(out, err)
    for event in events:
        screen.show(event)
    return out.getvalue(), err.getvalue()


def test_streams_go_where_they_belong() -> None:
    out, err = shown(
        {"type": "stream", "name": "stdout", "text": "a\n"}, {"type": "stream", "name": "stderr", "text": "b"}
    )
    assert (out, err) == ("a\n", "b")


def test_what_was_left_out_is_said() -> None:
    _, err = shown({"type": "stream", "name": "stdout", "text": "z", "skipped_bytes": 1_000_000})
    assert "1,000,000 bytes left out" in err


def test_a_display_with_text_is_its_text() -> None:
    data = {"text/html": "<b>1</b>", "text/plain": "1"}
    assert shown({"type": "display", "title": "One", "data": data})[0] == "One\n1\n"


def test_a_picture_is_told_of() -> None:
    assert in_words({"image/png": "iVBOR" * 100, "text/plain": "<Figure>"}) == "[image/png, 500 characters]"


def test_a_large_display_is_told_of_by_its_size() -> None:
    assert "5,000,000 bytes, kept as an object" in in_words({"text/html": {"ref": "k", "size": 5_000_000}})


def test_a_failed_cell_shows_its_traceback() -> None:
    error = {"type": "ValueError", "message": "no", "traceback": ["line 1", "ValueError: no"]}
    _, err = shown({"type": "finished", "result": {"status": "failed", "error": error}})
    assert err == "line 1\nValueError: no\n"


def test_an_error_without_a_traceback_is_one_line() -> None:
    error = {"type": "NamespaceLost", "message": "the namespace is gone", "traceback": []}
    _, err = shown({"type": "finished", "result": {"status": "failed", "error": error}})
    assert err == "NamespaceLost: the namespace is gone\n"


def test_an_end_that_is_no_error_is_said() -> None:
    _, err = shown({"type": "finished", "result": {"status": "timed_out", "error": None}})
    assert "timed out" in err


def test_progress_is_one_full_bar_where_nobody_watches() -> None:
    steps = [{"type": "progress", "label": "files", "done": done, "total": 4} for done in range(5)]
    _, err = shown(*steps)
    assert err.count("\n") == 1
    assert "4/4" in err


@pytest.mark.parametrize(("done", "total", "told"), [(0, 0, "0"), (3, None, "3"), (5, 4, "5/4")])
def test_odd_progress_is_shown_as_it_is(done: float, total: float | None, told: str) -> None:
    assert bar("", done, total).strip().endswith(told)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_type_of_event_is_shown_or_left_out_but_known(name: str) -> None:
    known = {"stream", "display", "update_display", "log", "progress", "output", "artifact", "finished"}
    assert hasattr(Screen, f"_show_{name}") == (name in known)
