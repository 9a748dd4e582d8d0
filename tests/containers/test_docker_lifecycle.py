"""Whatever dies, one container is left where one should be, and the state that is shown is the truth."""

from __future__ import annotations

import secrets
from pathlib import Path

from docker.errors import NotFound

from tests.containers.docker_stack import DockerStack, pids_of, seconds_until
from tests.waiting import wait_until

BY_EVENTS_S = 5.0
ORPHAN_S = 30.0
EAT = "kept = []\nwhile True:\n    kept.append(b'x' * 1_000_000)"


def test_a_container_removed_by_hand_is_told_within_five_seconds(docked: DockerStack) -> None:
    uid = docked.ready()
    docked.run(uid, "open('kept.txt', 'w').write('kept')")
    docked.container(uid).remove(force=True)
    seconds_until(lambda: docked.state(uid) == "error", BY_EVENTS_S, "it is told")
    error = docked.husk.kernels.get(uid)["error"]
    assert error is not None
    assert "its container was removed from outside" in error
    assert not docked.has_user(uid)
    docked.husk.kernels.start(uid)
    docked.until(uid, "ready")
    assert docked.said(uid, "print(open('kept.txt').read())") == "kept"


def test_a_cell_that_ran_in_a_killed_container_is_closed_and_says_why(docked: DockerStack) -> None:
    uid = docked.ready()
    sent = docked.husk.executions.submit(uid, "import time; time.sleep(600)")["id"]
    wait_until(lambda: docked.husk.executions.get(sent)["status"] == "running", 10, "it runs")
    docked.container(uid).kill()
    ended = docked.ended(sent, 60)
    assert ended["status"] == "lost"
    assert "was ended by SIGKILL" in str(docked.until(uid, "error")["error"])


def test_a_container_that_ran_out_of_memory_as_a_whole_says_so_with_limit_and_peak(
    docked: DockerStack,
) -> None:
    uid = docked.ready()
    # Else the system ends the runner, whose cell takes the memory, and the container goes on.
    parts = pids_of(docked.container(uid))
    for part, rank in (("runner", 0), ("init", 1000)):
        for pid in parts[part]:
            Path(f"/proc/{pid}/oom_score_adj").write_text(str(rank))
    docked.husk.executions.submit(uid, EAT)
    error = str(docked.until(uid, "error", 60)["error"])
    assert "out of memory: the limit is 1.00 GB, peak 1.00 GB" in error
    docked.husk.kernels.start(uid)
    docked.until(uid, "ready")


def test_a_worker_that_is_killed_leaves_a_cell_that_goes_on_in_the_same_container(
    docked: DockerStack,
) -> None:
    uid = docked.ready()
    before = docked.container(uid).id
    sent = docked.husk.executions.submit(uid, "import time; time.sleep(4); print('went on')")["id"]
    wait_until(lambda: docked.husk.executions.get(sent)["status"] == "running", 10, "it runs")
    docked.lifecycle().kill()
    assert docked.ended(sent)["stdout"].strip() == "went on"
    wait_until(lambda: docked.stack.child("lifecycle").alive, 20, "a new worker")
    docked.husk.kernels.restart(uid)
    wait_until(lambda: docked.state(uid) == "ready" and docked.container(uid).id != before, 60, "a new one")
    assert len(docked.containers_of(uid)) == 1


def test_six_starts_at_once_make_one_container(docked: DockerStack) -> None:
    uid = docked.new()
    for _ in range(6):
        docked.husk.kernels.start(uid)
    docked.husk.kernels.wait_ready(uid)
    assert len(docked.containers_of(uid)) == 1


def test_an_orphan_of_ours_goes_and_another_installations_stays(docked: DockerStack) -> None:
    image = docked.container(docked.ready()).attrs["Image"]
    python = ["/opt/husk/runner/bin/python", "-c", "import time; time.sleep(300)"]
    given = {"network": "none", "entrypoint": python, "detach": True}
    made = []
    for instance in (docked.instance, f"other{secrets.token_hex(3)}"):
        labels = {"husk.kernel": secrets.token_hex(6), "husk.instance": instance}
        name = f"husk-{labels['husk.kernel']}"
        made.append(docked.engine.containers.run(image, name=name, labels=labels, **given))
    ours, theirs = made

    def gone() -> bool:
        try:
            ours.reload()
        except NotFound:
            return True
        return False

    try:
        seconds_until(gone, ORPHAN_S, "it is removed")
        theirs.reload()
        assert theirs.status == "running"
    finally:
        theirs.remove(force=True)


def test_while_no_engine_answers_kernels_go_on_and_nothing_is_called_dead(docked: DockerStack) -> None:
    uid = docked.ready()
    before = len(docked.stack.stack_log)
    with docked.door.away():
        assert docked.said(uid, "print('still')") == "still"
        noticed = "no Docker Engine answers"
        wait_until(lambda: noticed in docked.stack.stack_log[before:], 15, "it is noticed")
        assert docked.state(uid) in {"ready", "executing"}
        wait_until(lambda: "cannot be started" in str(docked.runtime()["banner"]), 20, "every page says so")
        other = docked.new()
        docked.husk.kernels.start(other)
        docked.until(other, "starting", 20)
    docked.husk.kernels.wait_ready(other)
    wait_until(lambda: docked.runtime()["banner"] is None, 20, "no page says so any more")
    assert docked.said(uid, "print('still')") == "still"


def test_what_died_while_the_engine_hung_is_told_when_it_answers_again(docked: DockerStack) -> None:
    uid = docked.ready()
    with docked.door.frozen():
        docked.container(uid).kill()
        assert docked.state(uid) != "error"
        wait_until(lambda: docked.state(uid) == "unresponsive", 40, "silence is told")
    assert "was ended by SIGKILL" in str(docked.until(uid, "error", 40)["error"])
