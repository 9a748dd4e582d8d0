"""Lengths of time on the command line, and what it says of a kernel's policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import click
import pytest

from web.client_parts.shapes import Kernel
from web.commands.durations import Duration
from web.commands.kernel_settings import as_fields
from web.commands.kernel_words import line, whole


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("45s", 45), ("30m", 1800), ("30 min", 1800), ("1.5h", 5400), ("2D", 172_800), ("off", 0)],
)
def test_a_length_of_time_is_read(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "m", "-5m", "0", "0s", "5x", "1e3", "nan", "५m", "30m 5s", "9" * 20])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no length of time"):
        Duration().convert(text, None, None)


def test_only_options_that_were_given_are_sent_and_off_is_none() -> None:
    assert as_fields({"auto_restart": None, "idle_timeout": None, "memory_gb": 2.0}) == {"memory_gb": 2.0}
    assert as_fields({"auto_restart": False, "idle_timeout": 0.0}) == {
        "auto_restart": False,
        "idle_timeout_s": None,
    }
    assert as_fields({"idle_timeout": 60.0}) == {"idle_timeout_s": 60.0}


def kernel(**fields: Any) -> Kernel:
    values: dict[str, Any] = {
        **{"id": "lab", "uid": "abcdefghijkl", "name": "lab", "owner": "ann", "access": "owner"},
        **{"state": "ready", "state_since": None, "error": None, "memory_gb": 2.0, "cpu_cores": 2.0},
        **{"network": "internet", "flavour": "base", "runtime": "process", "isolated": True, "memory": None},
        **{"env": [], "queue_length": 0, "auto_restart": False, "idle_timeout_s": None, "restarts": 0},
        **{"idle_stops_at": None, "restart_at": None, "note": None, "noted_at": None, "packages": []},
        **{"allow_sdist": False, "lock_digest": None, "locked_by": None, "locked_at": None},
        "build_line": None,
    }
    return cast(Kernel, {**values, **fields})


def in_minutes(count: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=count, seconds=30)).isoformat()


def test_the_list_says_what_was_done_by_itself_and_what_will_be() -> None:
    assert line(kernel())[-1] == ""
    assert line(kernel(note="restarted by itself"))[-1] == "restarted by itself"
    assert line(kernel(idle_stops_at=in_minutes(12)))[-1] == "stops in 12 min without work"
    assert line(kernel(error="it failed", note="x"))[-1] == "it failed"


def test_all_of_a_kernel_names_its_policies() -> None:
    shown = dict(whole(kernel(auto_restart=True, idle_timeout_s=1800.0, restarts=2)))
    assert (shown["auto-restart"], shown["idle timeout"], shown["restarts"]) == (
        "on",
        "30 min",
        "2 by itself",
    )
    assert "stops" not in shown
    shown = dict(whole(kernel(restart_at=in_minutes(0), error="it failed")))
    assert shown["restarts next"].startswith("in ")
    assert (shown["auto-restart"], shown["idle timeout"]) == ("off", "off")
