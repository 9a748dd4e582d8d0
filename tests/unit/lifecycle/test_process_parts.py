"""Parts of the process runtime: users, cgroups, log, sealed values, failpoints, a dead holder's lock."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire.errors import BadSettings, KernelStartFailed, Unavailable
from tasks import failpoints, sealed
from tasks.holders import is_dead, new_holder
from tasks.runtimes import identities, proc
from tasks.runtimes.cgroups import Cgroups
from tasks.runtimes.children import Children
from tasks.runtimes.places import LOG_BYTES, TAIL_BYTES, Place
from tasks.runtimes.process import ProcessRuntime

UID = "abcdefghijkl"


def test_agent_and_runner_get_users_of_their_own_where_both_can_run(tmp_path: Path) -> None:
    asked: list[int] = []

    def fine(uid: int, folder: Path) -> str:
        asked.append(uid)
        return "" if folder == tmp_path else "?"

    who = identities.decide(tmp_path, fine, root=True)
    assert (who.agent_uid, who.runner_uid) == (10_001, 10_002)
    assert asked == [10_001, 10_002]


@pytest.mark.parametrize("refused", [10_001, 10_002])
def test_they_share_a_user_where_one_cannot_run_and_it_is_said_why(tmp_path: Path, refused: int) -> None:
    who = identities.decide(tmp_path, lambda uid, _: "of a reason" if uid == refused else "", root=True)
    assert (who.agent_uid, who.runner_uid) == (None, None)
    assert "because of a reason" in who.why


def test_without_root_nothing_is_tried(tmp_path: Path) -> None:
    who = identities.decide(tmp_path, lambda _uid, _folder: pytest.fail("tried"), root=False)
    assert (who.agent_uid, who.runner_uid) == (None, None)
    assert "does not run as root" in who.why


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try other users")
def test_a_folder_that_is_closed_to_others_is_found_by_trying(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "kernels").mkdir(parents=True)
    closed.chmod(0o700)
    assert identities.probe(10_002, closed / "kernels") != ""


def test_a_host_without_a_writable_memory_cgroup_has_none(tmp_path: Path) -> None:
    none = Cgroups(tmp_path)
    assert none.version is None
    assert none.make(UID, 1) is None
    assert (none.processes(UID), none.oom_kills(UID)) == (set(), 0)
    none.remove(UID)


def test_a_v2_cgroup_is_limited_without_swap(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory")
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory")
    there = Cgroups(tmp_path)
    folder = tmp_path / "husk" / UID
    folder.mkdir(parents=True)
    (folder / "memory.swap.max").write_text("max")
    assert there.make(UID, 500) == str(folder)
    assert (folder / "memory.max").read_text() == "500"
    assert (folder / "memory.swap.max").read_text() == "0"
    (folder / "cgroup.procs").write_text("12\n13\n")
    (folder / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 9\n")
    assert there.processes(UID) == {12, 13}
    assert there.oom_kills(UID) == 2


def test_the_log_is_put_aside_when_it_is_long_and_its_tail_has_no_control_characters(tmp_path: Path) -> None:
    place = Place(tmp_path, UID)
    place.make(open_to_others=False)
    place.log.write_bytes(b"x" * (LOG_BYTES + 1))
    os.close(place.open_log())
    assert place.log.stat().st_size == 0
    place.log.write_bytes(b"one\n\x1b[31mtwo\x1b[0m\0\n\xffthree\n")
    assert place.tail(2) == "two\n\ufffdthree"
    place.log.unlink()
    place.log.symlink_to("/etc/hostname")
    assert place.tail(5) == ""


def test_a_note_is_whole_or_absent(tmp_path: Path) -> None:
    place = Place(tmp_path, UID)
    assert place.noted() is None
    place.make(open_to_others=True)
    place.note({"pid": 1})
    assert place.noted() == {"pid": 1}
    (place.root / "process.json").write_text('{"pid"')
    assert place.noted() is None


def test_a_folder_is_never_made_of_what_is_no_uid(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="uid"):
        Place(tmp_path, "../../../etc")


def test_how_a_child_ended_is_remembered() -> None:
    children = Children()
    child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    children.reap(child.pid)
    child.returncode = 3
    assert children.ending(child.pid) == "ended by itself with exit code 3"
    assert "not known" in children.ending(1)


def test_as_much_of_a_log_is_shown_as_was_asked_for_within_a_bound(tmp_path: Path) -> None:
    place = Place(tmp_path, UID)
    place.make(False)
    lines = [f"{n} {'x' * 100}" for n in range(3_000)]
    place.log.write_text("\n".join(lines) + "\n")
    assert place.tail(2_000).splitlines() == lines[-2_000:]
    assert place.tail(5_000).splitlines() == lines
    place.log.write_text("y" * 3 * TAIL_BYTES)
    assert TAIL_BYTES <= len(place.tail(10)) < 2 * TAIL_BYTES


def test_a_folder_that_stays_keeps_its_kernel_from_being_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = ProcessRuntime(Settings(data_dir=tmp_path))
    place = Place(tmp_path / "kernels", UID)
    place.make(False)
    (place.runner / "a" / "b").mkdir(parents=True)
    (place.runner / "a").chmod(0)
    (place.root / "link").symlink_to(tmp_path)
    with monkeypatch.context() as before:

        def fails(path: object) -> None:
            raise PermissionError(1, "Operation not permitted", str(path))

        before.setattr("tasks.runtimes.places.shutil.rmtree", fails)
        with pytest.raises(Unavailable, match="cannot be removed"):
            runtime.purge(UID)
    runtime.purge(UID)
    assert not place.root.exists()
    assert tmp_path.exists()
    runtime.purge(UID)


def test_sealed_values_come_back_only_with_the_same_key() -> None:
    one = Settings(secret_key=SecretStr("k" * 20))
    other = Settings(secret_key=SecretStr("o" * 20))
    text = sealed.seal(one, {"A": "secret-word", "B": ""})
    assert text is not None
    assert "secret-word" not in text
    assert sealed.unseal(one, text) == {"A": "secret-word", "B": ""}
    assert sealed.seal(one, {}) is None
    assert sealed.unseal(one, None) == {}
    with pytest.raises(KernelStartFailed, match="HUSK_SECRET_KEY"):
        sealed.unseal(other, text)


@pytest.mark.parametrize("value", ["start.row", "start.row:", "start.row:explode", "nowhere:exit", ""])
def test_a_failpoint_that_is_not_there_is_refused(value: str) -> None:
    with pytest.raises(BadSettings, match="HUSK_FAILPOINT"):
        failpoints.parse(value)


def test_a_failpoint_that_was_not_chosen_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, "stop.row:exit")
    failpoints.reach("start.row")
    assert failpoints.parse("start.row:hang") == ("start.row", "hang")


def test_only_a_lock_whose_holder_is_known_dead_is_taken_over() -> None:
    me = proc.stat(os.getpid())
    assert me is not None
    host, boot = socket.gethostname(), proc.boot_id()
    assert not is_dead(f"{host} {boot} {me.pid} {me.start_time} x")
    assert is_dead(f"{host} {boot} {me.pid} {me.start_time + 1} x")
    assert is_dead(f"{host} another-boot {me.pid} {me.start_time} x")
    assert not is_dead(f"elsewhere {boot} 1 1 x")
    assert not is_dead("nonsense")
    assert not is_dead(new_holder())
