"""Locks by the real uv: from the real index, and from one of our own where something is wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire.errors import HuskError, ResolutionFailed, Unavailable
from tasks.environments import locks
from tasks.environments.base_set import base_pins
from tasks.environments.locks import Lock, difference
from tasks.environments.requirements import read, split
from tasks.environments.resolving import resolve
from tests.integration.package_index import PYTHON, Index, serving, with_base_set
from tests.requirements import require

FIFTY = """
    requests flask django fastapi uvicorn httpx sqlalchemy alembic click rich scipy scikit-learn statsmodels
    seaborn plotly bokeh altair sympy networkx xarray dask openpyxl lxml beautifulsoup4 pyyaml jinja2 pydantic
    attrs tqdm numba pytz psycopg2-binary pymongo boto3 orjson msgpack cryptography paramiko aiohttp pytest
    websockets hypothesis black isort markdown docutils babel tabulate xlsxwriter zstandard
""".split()  # noqa: SIM905 (readable so)


@pytest.fixture
def index() -> Iterator[Index]:
    """An index that has the base set, of empty packages."""
    with serving() as serves:
        with_base_set(serves)
        yield serves


def locked(index: Index, folder: Path, text: str, previous: Lock | None = None, **more: object) -> Lock:
    """The lock of ``text``."""
    return resolve(index.settings(folder, **more), read(split(text)), "base", PYTHON, previous=previous)


def versions(lock: Lock) -> dict[str, str]:
    """Version by name."""
    return {pin.name: pin.version for pin in lock.pins}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that know the real index, where it can be reached."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("real"))
    try:
        resolve(settings, [], "base", PYTHON)
    except Unavailable as error:
        require("index", error.message)
    return settings


def test_what_people_pin_wins_over_the_base_set(real: Settings) -> None:
    lock = resolve(real, read(split("scikit-learn==1.4.0, pandas==2.1.0")), "base", PYTHON)
    found = versions(lock)
    assert (found["scikit-learn"], found["pandas"]) == ("1.4.0", "2.1.0")
    assert found["numpy"].startswith("1."), "scikit-learn 1.4 wants numpy below 2"
    assert found["polars"] == base_pins("base", PYTHON)["polars"]
    assert locks.given(lock.text) == lock
    assert resolve(real, lock.packages, "base", PYTHON) == lock


@pytest.mark.parametrize("flavour", ["base", "ml"])
def test_without_wishes_a_lock_is_the_base_set(real: Settings, flavour: str) -> None:
    lock = resolve(real, [], flavour, PYTHON)
    assert versions(lock) == base_pins(flavour, PYTHON)


def test_fifty_packages_are_locked(real: Settings) -> None:
    assert len(FIFTY) == 50
    lock = resolve(real, read(FIFTY), "base", PYTHON)
    assert set(FIFTY) <= set(versions(lock))


def test_a_conflict_is_told_in_uvs_words(index: Index, tmp_path: Path) -> None:
    index.put("needs-old", "1.0", requires=["numpy<1"])
    with pytest.raises(ResolutionFailed) as caught:
        locked(index, tmp_path, "needs-old, numpy>=2")
    assert "all versions of needs-old depend on numpy<1" in caught.value.message
    assert_clean(caught.value, tmp_path)


def assert_clean(error: HuskError, folder: Path) -> None:
    """No folder of ours and no credentials are told, and nothing half-made is left."""
    assert str(folder) not in error.message
    assert "secret" not in error.message
    assert list((folder / "environments").iterdir()) == []


def test_a_package_that_is_not_there_is_told_in_uvs_words(index: Index, tmp_path: Path) -> None:
    with pytest.raises(ResolutionFailed, match="no-such-thing was not found in the package registry"):
        locked(index, tmp_path, "no-such-thing")
    index.put("thing", "1.0")
    with pytest.raises(ResolutionFailed, match=r"there is no version of thing==2\.0"):
        locked(index, tmp_path, "thing==2.0")


def test_sources_alone_are_refused_and_not_built(index: Index, tmp_path: Path) -> None:
    index.put_file("source", "1.0", "source-1.0.tar.gz", b"never opened")
    with pytest.raises(ResolutionFailed, match="source") as caught:
        locked(index, tmp_path, "source")
    assert_clean(caught.value, tmp_path)
    assert not [path for path in index.asked if path.endswith(".tar.gz")]


def test_a_wheel_is_taken_where_there_are_sources_too(index: Index, tmp_path: Path) -> None:
    index.put("both", "1.0")
    index.put_file("both", "2.0", "both-2.0.tar.gz", b"never opened")
    assert versions(locked(index, tmp_path, "both"))["both"] == "1.0"


def test_a_yanked_version_is_left_out_unless_it_is_pinned(index: Index, tmp_path: Path) -> None:
    for version in ("1.0", "2.0"):
        index.put("thing", version)
    index.projects["thing"][-1].yanked = "broken"
    assert versions(locked(index, tmp_path, "thing"))["thing"] == "1.0"
    with pytest.raises(ResolutionFailed, match="yanked"):
        locked(index, tmp_path, "thing>1")
    assert versions(locked(index, tmp_path, "thing==2.0"))["thing"] == "2.0"


def test_versions_of_the_lock_before_are_kept_and_an_update_shows_what_changes(
    index: Index, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        index.put(name, "1.0")
    before = locked(index, tmp_path, "one")
    for name in ("one", "two"):
        index.put(name, "2.0")
    kept = locked(index, tmp_path, "one, two", before, uv_cache_dir=str(tmp_path / "fresh"))
    assert versions(kept)["one"] == "1.0"
    assert [(one.name, one.before, one.after) for one in difference(before, kept)] == [("two", None, "2.0")]
    new = locked(index, tmp_path, "one", uv_cache_dir=str(tmp_path / "fresh"))
    assert [(one.name, one.before, one.after) for one in difference(before, new)] == [("one", "1.0", "2.0")]


def test_floors_of_the_base_set_hold_unless_what_is_wished_needs_less(index: Index, tmp_path: Path) -> None:
    index.put("numpy", "1.5")
    index.put("thing", "2.0", requires=["numpy<2"])
    index.put("thing", "1.0")
    assert versions(locked(index, tmp_path, "thing"))["thing"] == "1.0"
    assert versions(locked(index, tmp_path, "thing==2.0"))["numpy"] == "1.5"


def test_extras_and_markers_count(index: Index, tmp_path: Path) -> None:
    index.put("thing", "1.0", requires=["other; extra == 'more'", "windows; os_name == 'nt'"])
    for name in ("other", "windows", "old"):
        index.put(name, "1.0")
    found = versions(locked(index, tmp_path, "Thing[More], old; python_version < '3'"))
    assert "other" in found
    assert not {"windows", "old"} & set(found)


def test_bounds_of_the_settings_hold_for_every_lock(index: Index, tmp_path: Path) -> None:
    bounds = tmp_path / "bounds.txt"
    bounds.write_text("# ours\nthing<2\n")
    for version in ("1.0", "2.0"):
        index.put("thing", version)
    more = {"constraints": str(bounds)}
    assert versions(locked(index, tmp_path / "data", "thing", **more))["thing"] == "1.0"
    with pytest.raises(ResolutionFailed, match="thing"):
        locked(index, tmp_path / "data", "thing==2.0", **more)


def test_of_two_indexes_the_one_of_our_own_goes_first(index: Index, tmp_path: Path) -> None:
    index.put("thing", "2.0")
    with serving() as own:
        own.put("thing", "1.0")
        lock = locked(index, tmp_path, "thing", extra_index_urls=SecretStr(own.url))
    assert versions(lock)["thing"] == "1.0"


TROUBLES = {
    "an index that hangs": ({"/simple/thing/": "hang"}, "within 2 s"),
    "an index that dies in the middle of a page": ({"/simple/thing/": "cut"}, "does not answer as it should"),
    "an index with an error": ({"/simple/thing/": "500"}, "does not answer as it should"),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_an_index_in_trouble_is_told_as_such(case: str, index: Index, tmp_path: Path) -> None:
    trouble, words = TROUBLES[case]
    index.put("thing", "1.0")
    index.trouble.update(trouble)
    with pytest.raises(Unavailable, match=words) as caught:
        locked(index, tmp_path, "thing", resolve_timeout_s=2.0 if "hang" in case else 60.0)
    assert_clean(caught.value, tmp_path)


def test_an_index_that_is_away_is_told_without_its_credentials(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, index_url=SecretStr("http://me:secret@127.0.0.1:1/simple"))
    with pytest.raises(Unavailable, match="does not answer as it should") as caught:
        resolve(settings, [], "base", PYTHON)
    assert_clean(caught.value, tmp_path)


def test_two_resolve_at_once(index: Index, tmp_path: Path) -> None:
    for name in ("one", "two"):
        index.put(name, "1.0")
    index.pace_s = 0.01
    found: dict[str, Lock] = {}
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: locked(index, tmp_path, name)}))
        for name in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {name: versions(lock)[name] for name, lock in found.items()} == {"one": "1.0", "two": "1.0"}
