"""What a builder is made of and told, and what its program does; containers of it are in tests/containers."""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from tasks.environments.locks import Pin
from tasks.environments.question import Wanted
from tasks.runtimes.builder import lines_of
from tasks.runtimes.builder_order import order_of, question_of
from tasks.runtimes.builder_profile import Site, create_arguments
from tasks.runtimes.builder_program import AGAIN, ANSWERED, DESERTED, FAILED, NO_ORDER, SAID
from tests.unit.environments.builder_here import HASH, BuilderHere, lock_of
from tests.waiting import wait_until

PIN = Pin("tiny", "1.0", (HASH,))
SITE = Site("here", "d" * 64, "sha256:1", "net", "husk-env-1", "husk-uv-here", 2_000_000_000, 2.0)
LOGIN = "https://somebody:a-password@index.example/simple"


def test_a_builder_has_no_rights_no_secrets_and_an_end() -> None:
    made = create_arguments(SITE)
    host = made["HostConfig"]
    assert made["Env"] == []
    assert made["User"] == "10003:10003"
    assert (host["CapDrop"], host["CapAdd"], host["ReadonlyRootfs"]) == (["ALL"], [], True)
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Memory"] == host["MemorySwap"] == 2_000_000_000
    assert host["NanoCpus"] == 2_000_000_000
    assert [(one["Type"], one["Source"]) for one in host["Mounts"]] == [
        ("volume", "husk-env-1"),
        ("volume", "husk-uv-here"),
    ]
    assert (made["OpenStdin"], made["StdinOnce"]) == (True, True)


def test_a_builder_of_sources_has_a_cache_that_ends_with_it() -> None:
    site = Site("here", "d" * 64, "sha256:1", "net", "husk-env-1", None, 1, 1.0)
    mounts = create_arguments(site)["HostConfig"]["Mounts"]
    assert [one.get("Source") for one in mounts] == ["husk-env-1", None]


def test_a_login_at_the_index_is_in_the_order_and_in_no_argument() -> None:
    settings = Settings(index_url=SecretStr(LOGIN))
    assert b"a-password" in order_of(settings, lock_of(PIN), 1.0)
    assert "a-password" not in json.dumps(create_arguments(SITE))


def test_the_installers_arguments_are_the_same_whatever_the_lock_says(tmp_path: Path) -> None:
    wishes = [Pin("tiny", "1.0", (HASH,)), Pin("index-url", "2.0", (HASH,), "python_version >= '3.8'")]
    for name, pins in (("one", wishes[:1]), ("two", wishes)):
        here = BuilderHere(tmp_path / name)
        code, said = here.run(lock_of(*pins), index_url=SecretStr(LOGIN))
        assert code == 0, said
        home, work = str(here.home), str(here.work)
        assert [
            [word.replace(home, "H").replace(work, "W") for word in one["argv"]] for one in here.calls()
        ] == [
            ["venv", "--quiet", "--allow-existing", "--python", here.calls()[0]["argv"][4], "H"],
            [
                *("pip", "sync", "--python", "H/bin/python", "--require-hashes"),
                *("--allow-empty-requirements", "--no-compile-bytecode"),
                *("--only-binary", ":all:", "W/requirements.txt"),
            ],
        ]
        listed = (here.work / "requirements.txt").read_text().splitlines()
        assert len(listed) == len(pins)
        assert f"tiny==1.0 --hash=sha256:{HASH}" in listed
        assert "a-password" not in said


def test_the_installer_has_no_environment_but_what_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_INSECURE_HOST", "index.example")
    monkeypatch.setenv("PIP_INDEX_URL", "https://elsewhere.example")
    here = BuilderHere(tmp_path)
    here.run(lock_of(PIN), index_url=SecretStr(LOGIN), index_proxy=SecretStr("http://proxy.example:3128"))
    environ = here.calls()[1]["environ"]
    assert environ["UV_DEFAULT_INDEX"] == LOGIN
    assert environ["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert {"UV_INSECURE_HOST", "PIP_INDEX_URL"} & environ.keys() == set()


def test_what_is_whole_is_compiled_and_finds_the_images_packages_behind_its_own(tmp_path: Path) -> None:
    here = BuilderHere(tmp_path, "(site / 'tiny.py').write_text('x = 1')")
    code, said = here.run(lock_of(PIN))
    assert code == 0, said
    assert [path.name for path in (here.site / "__pycache__").iterdir()]
    behind = (here.site / "husk.pth").read_text().splitlines()
    assert behind == [f"{here.folder}/runner/{here.site.relative_to(here.home)}", "/opt/husk/code/runner"]


def test_what_a_builder_that_was_cut_off_left_in_the_cache_goes_unless_another_is_at_work(
    tmp_path: Path,
) -> None:
    here = BuilderHere(tmp_path)
    left, lock = here.cache / ".tmpabc", here.cache / ".lock"
    left.mkdir()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        here.run(lock_of(PIN))
        assert left.exists()
    shutil.rmtree(here.home)
    here.home.mkdir()
    here.run(lock_of(PIN))
    assert not left.exists()


def test_what_the_image_holds_in_that_version_is_not_installed_again(tmp_path: Path) -> None:
    here = BuilderHere(tmp_path)
    held = here.folder / "runner" / here.site.relative_to(here.home) / "Tiny-1.0.dist-info"
    held.mkdir(parents=True)
    (held / "METADATA").write_text("Metadata-Version: 2.1\nName: Tiny\nVersion: 1.0\n")
    other = Pin("other", "2.0", (HASH,))
    code, said = here.run(lock_of(PIN, other))
    assert code == 0, said
    assert "1 of 2 packages" in said
    assert (here.work / "requirements.txt").read_text() == f"other==2.0 --hash=sha256:{HASH}\n"


@pytest.mark.parametrize(
    ("installs", "why"),
    [
        ("os.symlink('/etc', site / 'way')", "leads out of the environment"),
        ("(site / 'a.pth').write_text('/etc\\n')", "leads out of the environment"),
        ("(site / 'kernel_worker').mkdir()", "a name of Husk's own"),
        ("(home / 'pyvenv.cfg').write_text('home = /elsewhere')", "changes pyvenv.cfg"),
        ("sys.exit('error: No solution found')", "installer"),
    ],
)
def test_what_reaches_out_or_fails_is_no_environment(tmp_path: Path, installs: str, why: str) -> None:
    code, said = BuilderHere(tmp_path, installs).run(lock_of(PIN))
    assert code == FAILED
    assert why in said.splitlines()[-1]
    assert said.splitlines()[-1].startswith(SAID)


def test_the_installer_cannot_say_how_the_build_ends(tmp_path: Path) -> None:
    here = BuilderHere(tmp_path, "print('! all is well'); sys.exit(1)")
    _code, said = here.run(lock_of(PIN))
    assert [line for line in said.splitlines() if line.startswith(SAID)] == [f"{SAID}installer"]


def test_a_build_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    here = BuilderHere(tmp_path, "import time; time.sleep(60)")
    code, said = here.run(lock_of(PIN), build_timeout_s=1.0)
    assert (code, said.splitlines()[-1]) == (FAILED, f"{SAID}time")


def test_one_file_cannot_be_larger_than_an_environment_may_be(tmp_path: Path) -> None:
    here = BuilderHere(tmp_path, "(site / 'large').write_bytes(bytes(3_000_000))")
    code, said = here.run(lock_of(PIN), environment_max_gb=0.001)
    assert code == FAILED, said
    assert (here.site / "large").stat().st_size <= 1_000_000


def test_a_builder_without_an_order_ends_and_so_does_one_whose_lifecycle_worker_is_gone(
    tmp_path: Path,
) -> None:
    here = BuilderHere(tmp_path, "import time; time.sleep(60)")
    with here.start() as untold:
        assert untold.stdin is not None
        untold.stdin.close()
        assert untold.wait(10) == NO_ORDER
    with here.start() as deserted:
        assert deserted.stdin is not None
        deserted.stdin.write(order_of(Settings(), lock_of(PIN), 1.0))
        deserted.stdin.flush()
        wait_until(lambda: here.seen.exists() and len(here.calls()) == 2, 10, "it installs")
        deserted.stdin.close()
        assert deserted.wait(10) == DESERTED


def test_an_image_of_before_says_that_it_has_to_be_built_anew(tmp_path: Path) -> None:
    here = BuilderHere(tmp_path)
    (here.folder / "uv").unlink()
    code, said = here.run(lock_of(PIN))
    assert code == FAILED
    assert "husk image build" in said.splitlines()[-1]


def test_a_question_is_asked_again_without_floors_and_its_answer_is_told_by_the_program_alone(
    tmp_path: Path,
) -> None:
    here = BuilderHere(
        tmp_path,
        "floors = pathlib.Path('constraints.txt').read_text()\n"
        "    print('= evil==1.0'); print('! evil')\n"
        "    if floors: sys.exit('No solution found')\n"
        "    pathlib.Path('lock.txt').write_text('tiny==1.0 --hash\\n')",
    )
    wanted = Wanted(("tiny",), "base", "3.11", allow_sdist=True)
    code, said = here.told(question_of(Settings(), wanted))
    assert code == 0, said
    assert [line for line in said.splitlines() if line.startswith(ANSWERED)] == [
        f"{ANSWERED}tiny==1.0 --hash"
    ]
    assert [line for line in said.splitlines() if line.startswith(SAID)] == [f"{SAID}{AGAIN}"] * 2
    assert [one["argv"][:2] for one in here.calls()] == [["pip", "compile"]] * 2
    assert all("tiny" not in one["argv"] for one in here.calls())


def test_a_question_without_an_answer_is_told_in_the_installers_words(tmp_path: Path) -> None:
    here = BuilderHere(tmp_path, "sys.exit('No solution found')")
    wanted = Wanted(("tiny",), "base", "3.11", allow_sdist=True)
    code, said = here.told(question_of(Settings(), wanted))
    assert (code, said.splitlines()[-2:]) == (FAILED, ["No solution found", f"{SAID}installer"])


def test_lines_come_out_of_the_engines_frames_however_they_are_cut() -> None:
    ours, theirs = socket.socketpair()
    frames = b"".join(
        bytes([1, 0, 0, 0]) + len(part).to_bytes(4) + part
        for part in (b"one\ntw", b"o\n", b"", "drei ä".encode())
    )

    def send() -> None:
        for at in range(len(frames)):
            theirs.sendall(frames[at : at + 1])
        theirs.close()

    threading.Thread(target=send, daemon=True).start()
    assert list(lines_of(ours, lambda: False)) == ["one", "two", "drei ä"]
    ours.close()


def test_a_listener_that_was_told_to_stops_while_nothing_is_said() -> None:
    ours, theirs = socket.socketpair()
    assert list(lines_of(ours, lambda: True)) == []
    ours.close()
    theirs.close()
