"""The ``flowfile`` module: logs, progress, shared files."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker_config.wire.frames import Frame, HandShared, InterruptCell, SharedReply, Step
from tests.unit.runner.process import Runner, running
from tests.waiting import wait_until


def test_log_lines_come_with_their_level_and_never_raise(runner: Runner) -> None:
    code = """from flowfile import log, log_info, log_warning, log_error
log('plain'); log('w', 'warn'); log('odd', 'no-such-level')
log_info(1); log_warning('two'); log_error('three')
class Bad:
    def __str__(self): 1/0
log(Bad(), Bad())"""
    logs = runner.run(code).logs
    assert logs[:6] == [
        *(("INFO", "plain"), ("WARNING", "w"), ("INFO", "odd")),
        *(("INFO", "1"), ("WARNING", "two"), ("ERROR", "three")),
    ]
    assert "ZeroDivisionError" in logs[6][1]


def test_progress_is_throttled_and_ends_with_the_last_state(runner: Runner) -> None:
    steps = runner.run("n = sum(flowfile.progress(range(100_000), label='all'))\nprint(n)").of(Step)
    assert (steps[0].done, steps[0].total, steps[0].label) == (0.0, 100_000.0, "all")
    assert steps[-1].done == 100_000.0
    assert len(steps) < 100
    assert len({step.progress_id for step in steps}) == 1
    broken = runner.run("for i in flowfile.progress(iter('abc')):\n    if i == 'b': break").of(Step)
    assert (broken[-1].done, broken[-1].total) == (1.0, None)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../b", "a\x00b", "", "x" * 1025, "a\\b", "./a"]
)
def test_a_bad_shared_name_is_a_value_error(runner: Runner, name: str) -> None:
    error = runner.run(f"flowfile.get_shared_location({name!r})").end.error
    assert error is not None
    assert error.type == "ValueError"
    assert list(runner.shared.iterdir()) == []


def test_a_shared_file_is_fetched_and_only_again_when_newer(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.store = {"in/a.txt": (3, b"three"), "in/deep/b.txt": (1, b"b"), "other": (1, b"o")}
        code = "print(open(flowfile.get_shared_location('in/a.txt')).read())"
        first = runner.run(code)
        assert (first.stdout, first.handed) == ("three\n", {})
        assert runner.run(code).stdout == "three\n"
        assert runner.asked[-1].known == {"in/a.txt": 3}
        folder = runner.run("import os\nsorted(os.listdir(flowfile.get_shared_location('in')))")
        assert folder.plain == ["['a.txt', 'deep']"]
        runner.store["in/a.txt"] = (4, b"four")
        assert runner.run(code).stdout == "four\n"
        assert not (runner.shared / "other").exists()


def test_what_a_cell_wrote_is_handed_over_however_it_ends(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        write = "p = flowfile.get_shared_location('out/r.csv')\nn = open(p, 'w').write({!r})\n"
        assert runner.run(write.format("one")).handed == {"out/r.csv": b"one"}
        assert runner.run("x = 1").handed == {}
        assert runner.run(write.format("two") + "1/0").handed == {"out/r.csv": b"two"}
        three = write.format("three") + "print('written', flush=True)\nwhile True: pass"
        assert runner.run_interrupted(three, sign="written").handed == {"out/r.csv": b"three"}
        links = (
            "import os\nos.symlink('/etc/passwd', p + '.link')\n"
            "os.link(p, p + '.hard'); os.mkfifo(p + '.fifo')"
        )
        assert runner.run(links).handed == {}


def test_what_is_written_here_is_not_overwritten_by_an_older_fetch(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.store = {"a": (1, b"stored")}
        code = (
            "p = flowfile.get_shared_location('a')\nn = open(p, 'w').write('mine')\n"
            "flowfile.get_shared_location('a')\nopen(p).read()"
        )
        name = runner.send(code)

        def newer_meanwhile(frame: Frame) -> None:
            if runner.asked:
                runner.store["a"] = (2, b"newer")

        ran = runner.collect(name, newer_meanwhile)
        assert ran.plain == ["'mine'"]
        assert ran.handed == {"a": b"mine"}


def test_more_than_a_thousand_files_are_handed_over_in_turns(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        code = (
            "p = flowfile.get_shared_location('many/x')\n"
            "for i in range(1005): n = open(p + str(i), 'w').write('x')"
        )
        ran = runner.run(code)
        assert len(ran.handed) == 1000
        assert ran.logs[0][0] == "WARNING"
        assert len(runner.run("1").handed) == 5


def test_the_next_runner_hands_over_what_a_dead_one_left(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.run("p = flowfile.get_shared_location('a')\nn = open(p, 'w').write('first')")
        dead = runner.run("import os\nn = open(p, 'w').write('second')\nos._exit(1)")
        assert dead.done is None
    with running(tmp_path) as runner:
        assert runner.run("1").handed == {"a": b"second"}
        assert runner.run("1").handed == {}


WRITE = "p = flowfile.get_shared_location('a')\nn = open(p, 'w').write({!r})"
READ = "print(open(flowfile.get_shared_location('a')).read())"


@pytest.mark.parametrize("answer", [False, None])
def test_what_was_not_said_to_be_stored_is_handed_over_again(tmp_path: Path, answer: bool | None) -> None:
    with running(tmp_path) as runner:
        runner.takes = lambda _hand: answer
        assert runner.run(WRITE.format("only copy")).handed == {"a": b"only copy"}
        # A newer version in the store does not replace the only copy.
        runner.store = {"a": (7, b"somebody's")}
        again = runner.run(READ)
        assert again.stdout == "only copy\n"
        assert again.handed == {"a": b"only copy"}
        assert [hand.again for hand in again.handings] == [True]
        runner.takes = lambda _hand: True
        assert [hand.again for hand in runner.run("1").handings] == [True]
        assert runner.run("1").handed == {}


@pytest.mark.parametrize("answer", [False, None])
def test_the_next_runner_hands_over_what_was_not_stored(tmp_path: Path, answer: bool | None) -> None:
    with running(tmp_path) as runner:
        runner.takes = lambda _hand: answer
        assert runner.run(WRITE.format("only copy")).handed == {"a": b"only copy"}
    with running(tmp_path) as runner:
        ran = runner.run("1")
        assert ran.handed == {"a": b"only copy"}
        assert [hand.again for hand in ran.handings] == [True]
        assert runner.run("1").handed == {}


def test_what_was_stored_last_is_remembered_when_the_runner_ends_without_another_cell(tmp_path: Path) -> None:
    index = tmp_path / "shared" / ".husk-index.json"
    with running(tmp_path) as runner:
        runner.run(WRITE.format("kept"))
        wait_until(lambda: index.exists() and b'"a"' in index.read_bytes(), 5, "the index")
    with running(tmp_path) as runner:
        assert runner.run("1").handed == {}


def test_what_changed_while_it_was_taken_is_handed_over_again(tmp_path: Path) -> None:
    with running(tmp_path) as runner:

        def change(_hand: HandShared) -> bool:
            (runner.shared / "a").write_text("changed meanwhile")
            return True

        runner.takes = change
        assert runner.run(WRITE.format("first")).handed == {"a": b"first"}
        runner.takes = lambda _hand: True
        assert runner.run("1").handed == {"a": b"changed meanwhile"}
        assert runner.run("1").handed == {}


def test_a_leftover_that_the_cell_changes_is_not_taken_for_stored_by_the_first_answer(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a").write_text("left")
    with running(tmp_path) as runner:
        seen: list[HandShared] = []

        def takes(hand: HandShared) -> bool:
            seen.append(hand)
            return len(seen) == 1

        runner.takes = takes
        assert runner.run(WRITE.format("changed")).handed == {"a": b"changed"}
        assert [hand.again for hand in seen] == [True, False]
        assert runner.run("1").handed == {"a": b"changed"}


def test_an_older_version_of_ones_own_does_not_come_back(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.run(WRITE.format("one"))
        runner.run("n = open(p, 'w').write('two')")
        # The ledger is late: it knows the first only.
        runner.store = {"a": (1, b"one")}
        assert runner.run(READ).stdout == "two\n"
        runner.store = {"a": (2, b"two")}
        assert runner.run(READ).stdout == "two\n"
        assert runner.run(READ).handed == {}
        assert (runner.asked[-1].known, runner.asked[-1].own) == ({"a": 2}, {})
        # Somebody else's, even if it says what ours said once.
        runner.store = {"a": (3, b"one")}
        assert runner.run(READ).stdout == "one\n"


def test_ones_own_file_does_not_come_from_the_store(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.run(WRITE.format("mine"))
        inode = (runner.shared / "a").stat().st_ino
        runner.store = {"a": (1, b"mine")}
        assert runner.run(READ).stdout == "mine\n"
        assert (runner.shared / "a").stat().st_ino == inode
        assert runner.run(READ).handed == {}
        assert runner.asked[-1].known == {"a": 1}


def test_a_refusal_is_told_and_a_silent_store_can_be_interrupted(tmp_path: Path) -> None:
    with running(tmp_path) as runner:
        runner.answers = False
        name = runner.send("flowfile.get_shared_location('a')")
        refusal = SharedReply("a", found=False, error="the store is down.")
        ran = runner.collect(
            name, lambda f: runner.cells.send(refusal) if b"ask_shared" in f.payload else None
        )
        assert ran.end.error is not None
        assert "the store is down" in ran.end.error.message
        name = runner.send("flowfile.get_shared_location('a')")
        ran = runner.collect(
            name, lambda f: runner.control.send(InterruptCell(name)) if b"ask_shared" in f.payload else None
        )
        assert ran.end.status == "cancelled"
        runner.cells.send(SharedReply("a", found=False))  # late
        runner.answers = True
        assert runner.run("flowfile.get_shared_location('b')").end.status == "succeeded"
