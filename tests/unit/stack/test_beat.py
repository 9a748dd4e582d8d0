"""Beat's schedule file."""

from __future__ import annotations

import shelve
from pathlib import Path

from broker_config.settings import Settings
from web.stack.beat import drop_if_broken, schedule_file


def test_a_good_schedule_file_is_kept(tmp_path: Path) -> None:
    path = schedule_file(Settings(data_dir=tmp_path))
    with shelve.open(str(path)) as schedule:
        schedule["entries"] = {"tick": 1}
    assert not drop_if_broken(path)
    with shelve.open(str(path)) as schedule:
        assert schedule["entries"] == {"tick": 1}


def test_a_file_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    path = schedule_file(Settings(data_dir=tmp_path))
    path.write_bytes(b"\x00garbage" * 100)
    assert drop_if_broken(path)
    assert not list(path.parent.iterdir())


def test_a_database_with_a_damaged_entry_is_made_anew(tmp_path: Path) -> None:
    path = schedule_file(Settings(data_dir=tmp_path))
    with shelve.open(str(path)) as schedule:
        schedule.dict[b"entries"] = b"\x80\x04damaged"
    assert drop_if_broken(path)


def test_no_file_is_nothing_to_mend(tmp_path: Path) -> None:
    assert not drop_if_broken(schedule_file(Settings(data_dir=tmp_path)))
