"""How the installer is called: by arguments that are always the same, with settings and nothing else."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire.errors import BadField, EnvironmentFailed, NotAvailable, ResolutionFailed, Unavailable
from tasks.environments import process_build, question
from tasks.environments.base_set import base_pins, this_python
from tasks.environments.locks import Pin, make
from tasks.environments.question import Question, Wanted
from tasks.environments.requirements import read
from tasks.environments.resolving import resolve
from tests.unit.environments.fake_installer import Call, FakeInstaller

WISHES = [
    ["pandas"],
    ["pandas[performance,excel]>=2,<3; python_version < '3.12'"],
    ["no-index", "pre", "index-url", "requirement", "editable"],
    ["x==1!2.0+pre.index-url", "y; os_name == 'a-b' or extra == 'pre'"],
    ["numpy; python_version < '3'"],
]
LOCK = make(this_python(), "base", ["no-index==1"], [Pin("no-index", "1", ("0" * 64,))])
CONFLICT = "error: No solution found when resolving dependencies\n  cause: Because a and b\n"


@pytest.fixture
def fake(tmp_path: Path) -> FakeInstaller:
    """A stand-in for uv."""
    return FakeInstaller(tmp_path / "fake")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a data folder of the test's own."""
    return Settings(data_dir=tmp_path / "data")


def options_in(files: dict[str, str]) -> list[str]:
    """Lines of requirements files that an installer would take for something else than a requirement."""
    lines = [line for text in files.values() for line in text.splitlines()]
    return [
        line
        for line in lines
        if any(word.startswith("-") and not word.startswith("--hash=sha256:") for word in line.split())
        or "://" in line
        or "@" in line
        or "$" in line
    ]


def from_settings(argv: list[str], settings: Settings) -> list[str]:
    """The arguments without folders of this test."""
    return [word.replace(str(settings.data_dir.resolve()), "") for word in argv]


@pytest.mark.parametrize("packages", WISHES)
def test_wishes_reach_the_installer_in_a_file_and_never_as_arguments(
    packages: list[str], fake: FakeInstaller, settings: Settings
) -> None:
    resolve(settings, read(packages), "base", "3.11", uv=fake.path)
    resolve(settings, [], "base", "3.11", uv=fake.path)
    with_wishes, without = fake.calls
    assert with_wishes.argv == without.argv
    assert options_in(with_wishes.files) == []
    assert set(read(packages)) <= set(with_wishes.files["requirements.in"].splitlines())


def test_an_option_in_a_file_would_be_seen() -> None:
    for line in ("--pre", "-r x", "x --index-url y", "x @ y", "x==$Y", "https://x"):
        assert options_in({"requirements.in": f"pandas\n{line}\n"}) == [line]


@pytest.mark.parametrize("raw", ["--pre", "-r /etc/passwd", "x @ https://x/y", "a\n--pre"])
def test_what_was_not_read_is_not_asked_even_if_it_comes_so_far(raw: str) -> None:
    with pytest.raises(BadField):
        Wanted((raw,), "base", "3.11")


def test_wheels_alone_are_asked_for_unless_sources_are_allowed() -> None:
    wheels = Wanted((), "base", "3.11").questions("python", 36)
    sources = Wanted((), "base", "3.11", allow_sdist=True).questions("python", 36)
    assert {asked.argv for asked in wheels} != {asked.argv for asked in sources}
    assert {*wheels[0].argv} - {*sources[0].argv} == {"--only-binary", ":all:"}
    assert "--generate-hashes" in wheels[0].argv


def test_sources_are_not_built_by_a_process_of_husks(fake: FakeInstaller, settings: Settings) -> None:
    with pytest.raises(NotAvailable):
        resolve(settings, [], "base", "3.11", allow_sdist=True, uv=fake.path)
    lock = make(this_python(), "base", [], LOCK.pins, allow_sdist=True)
    with pytest.raises(NotAvailable):
        process_build.build(settings, lock, print, threading.Event(), uv=fake.path)


def test_the_base_set_is_in_every_question_with_floors_in_the_first() -> None:
    first, second = Wanted(("pandas==2.1.0",), "base", "3.11").questions("python")
    pins = base_pins("base", "3.11")
    assert {"ipython", "polars", "pandas", "pandas==2.1.0"} <= set(
        first.files["requirements.in"].splitlines()
    )
    floors = first.files["constraints.txt"].splitlines()
    assert f"numpy>={pins['numpy']}" in floors
    assert not any(line.startswith("pandas>") for line in floors)
    assert second.files["constraints.txt"] == ""
    for asked in (first, second):
        assert f"numpy=={pins['numpy']}" in asked.files["lock.txt"].splitlines()


def test_versions_of_the_lock_before_go_before_the_base_sets() -> None:
    before = make("3.11", "base", [], [Pin("numpy", "1.0", ("0" * 64,)), Pin("scipy", "1.5", ("0" * 64,))])
    asked: Question = Wanted((), "base", "3.11", previous=before).questions("python")[0]
    preferred = asked.files["lock.txt"].splitlines()
    assert {"numpy==1.0", "scipy==1.5"} <= set(preferred)
    assert sum(line.startswith("numpy==") for line in preferred) == 1


def test_a_conflict_with_the_floors_is_asked_again_without_them(
    fake: FakeInstaller, settings: Settings
) -> None:
    fake.fail(1, 1, CONFLICT)
    assert resolve(settings, ["x"], "base", "3.11", uv=fake.path).pins[0].name == "polars"
    first, second = fake.calls
    assert ">=" in first.files["constraints.txt"]
    assert second.files["constraints.txt"] == ""


def test_a_conflict_is_told_in_the_installers_words(fake: FakeInstaller, settings: Settings) -> None:
    fake.fail(1, 1, CONFLICT)
    fake.fail(
        2, 1, f"warning: x\n{CONFLICT}hint: http://me:secret@x/ {settings.data_dir.resolve()}/uv-cache/y\n"
    )
    with pytest.raises(ResolutionFailed) as caught:
        resolve(settings, ["x"], "base", "3.11", uv=fake.path)
    assert caught.value.message.splitlines() == [
        "No solution found when resolving dependencies",
        "  cause: Because a and b",
        "hint: http://x/ y",
    ]


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        (2, "error: Request failed\n  cause: error sending request for url (http://x)\n", Unavailable),
        (2, "error: x\n  cause: operation timed out\n", Unavailable),
        (2, "error: x\n  cause: No space left on device (os error 28)\n", Unavailable),
        (2, "", Unavailable),
        (2, "error: Failed to read `x.whl`\n  cause: bad metadata\n", ResolutionFailed),
        (0, "", ResolutionFailed),
    ],
)
def test_what_else_goes_wrong_is_asked_once_and_told_apart(
    code: int, text: str, error: type[Exception], fake: FakeInstaller, settings: Settings
) -> None:
    fake.fail(1, code, text) if code else fake.answer("--index-url http://x\n")
    with pytest.raises(error):
        resolve(settings, ["x"], "base", "3.11", uv=fake.path)
    assert len(fake.calls) == 1


def test_long_words_are_cut(fake: FakeInstaller, settings: Settings) -> None:
    for step in (1, 2):
        fake.fail(step, 1, CONFLICT + "x" * 1900 + "\n" + "y" * 1900 + "\n" + "z" * 1900)
    with pytest.raises(ResolutionFailed) as caught:
        resolve(settings, ["x"], "base", "3.11", uv=fake.path)
    assert len(caught.value.message) == 4000


def test_a_lock_reaches_the_installer_in_a_file_and_its_hashes_are_required(
    fake: FakeInstaller, settings: Settings
) -> None:
    other = make(this_python(), "base", [], [Pin("pre", "2", ("1" * 64,))])
    for lock in (LOCK, other):
        process_build.build(settings, lock, lambda _line: None, threading.Event(), uv=fake.path)
        assert process_build.has(settings, lock.digest)
    calls = [Call([_same(word) for word in call.argv], call.environ, call.files) for call in fake.calls]
    assert [call.argv[0] for call in calls] == ["venv", "pip", "venv", "pip"]
    assert calls[0].argv == calls[2].argv
    assert calls[1].argv == calls[3].argv
    assert {"--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode"} <= set(calls[1].argv)
    assert calls[1].files["lock.txt"] == LOCK.text
    assert options_in(calls[1].files) == []


def _same(word: str) -> str:
    parts = word.split("/")
    return "/".join("work" if part.startswith(".new-") else part for part in parts)


def test_a_failed_build_keeps_the_last_lines_and_nothing_else(
    fake: FakeInstaller, settings: Settings
) -> None:
    fake.fail(2, 2, "error: not there without the network\n")
    fake.fail(3, 1, "".join(f"line {n}\n" for n in range(100)) + "error: Hash mismatch for x\n")
    with pytest.raises(EnvironmentFailed, match="was not built: Hash mismatch for x") as caught:
        process_build.build(settings, LOCK, lambda _line: None, threading.Event(), uv=fake.path)
    assert len(caught.value.lines) == 50
    assert caught.value.lines[-1] == "error: Hash mismatch for x"
    assert ["--offline" in call.argv for call in fake.calls] == [False, True, False]
    assert not process_build.has(settings, LOCK.digest)
    assert list(settings.environments_dir.iterdir()) == []


def test_the_installer_sees_no_variable_of_ours(
    fake: FakeInstaller, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "HUSK_SECRET_KEY",
        "UV_INDEX",
        "UV_CONSTRAINT",
        "PIP_INDEX_URL",
        "http_proxy",
        "PYTHONPATH",
        "AWS_X",
    ):
        monkeypatch.setenv(name, "of-ours")
    resolve(settings, [], "base", "3.11", uv=fake.path)
    (call,) = fake.calls
    assert "of-ours" not in call.environ.values()
    assert not [name for name in call.environ if name.startswith(("HUSK", "PIP", "AWS", "PYTHON"))]
    assert call.environ["HOME"].startswith(str(settings.environments_dir))


def test_settings_of_the_index_are_variables_of_the_installer(fake: FakeInstaller, tmp_path: Path) -> None:
    bounds = tmp_path / "bounds.txt"
    bounds.write_text("numpy<2\n")
    settings = Settings(
        data_dir=tmp_path / "data",
        index_url=SecretStr("https://me:secret@index/simple"),
        extra_index_urls=SecretStr("https://one/simple https://two/simple"),
        index_ca="/etc/ca.pem",
        index_proxy=SecretStr("http://proxy:3128"),
        constraints=str(bounds),
        uv_cache_dir=str(tmp_path / "cache"),
    )
    fake.fail(1, 1, CONFLICT)
    resolve(settings, ["x"], "base", "3.11", uv=fake.path)
    for call in fake.calls:
        assert call.environ["UV_DEFAULT_INDEX"] == "https://me:secret@index/simple"
        assert call.environ["UV_INDEX"] == "https://one/simple https://two/simple"
        assert call.environ["SSL_CERT_FILE"] == "/etc/ca.pem"
        assert call.environ["HTTPS_PROXY"] == call.environ["HTTP_PROXY"] == "http://proxy:3128"
        assert call.environ["UV_CACHE_DIR"] == str(tmp_path / "cache")
        assert "numpy<2" in call.files["constraints.txt"].splitlines()
        assert "secret" not in str(call.argv) + str(call.files)


def test_bounds_that_cannot_be_read_stop_every_lock(fake: FakeInstaller, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", constraints=str(tmp_path / "nowhere"))
    with pytest.raises(Unavailable, match="HUSK_CONSTRAINTS"):
        resolve(settings, [], "base", "3.11", uv=fake.path)


def test_a_lock_for_another_python_is_not_built(fake: FakeInstaller, settings: Settings) -> None:
    lock = make("3.99", "base", [], LOCK.pins)
    with pytest.raises(NotAvailable, match=r"3\.99"):
        process_build.build(settings, lock, print, threading.Event(), uv=fake.path)


def test_an_installer_that_cannot_be_started_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        resolve(settings, [], "base", "3.11", uv=str(tmp_path / "nowhere"))


def test_a_c_library_that_uv_has_a_name_for_is_asked_for() -> None:
    assert question.glibc_here() in question.NAMED_GLIBC
    assert sys.platform == "linux"


def test_a_digest_that_is_none_names_no_folder(settings: Settings) -> None:
    for digest in ("", "..", "../" + "a" * 61, "A" * 64):
        with pytest.raises(ValueError, match="digest"):
            process_build.has(settings, digest)
