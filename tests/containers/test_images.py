"""The kernels' image: what is in it, what is not, and how it is built, found and refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import docker
import pytest
from click.testing import CliRunner

from broker_config.settings import Settings
from broker_config.wire import VERSION
from broker_config.wire.errors import ImageMissing, ImageOutdated
from tasks.runtimes import images
from tests.containers.boxes import (
    AGENT,
    AGENT_PYTHON,
    RUNNER,
    RUNNER_PYTHON,
    fresh_name,
    run_in,
    tiny_image,
    volume,
)
from tests.requirements import require
from web.cli import main

TOP = Path(__file__).parents[2]
BROKER_CLIENTS = ("celery", "kombu", "redis", "minio", "kernel_worker.agent", "broker_config.acl")
PACKAGES = ("IPython", "polars", "pyarrow.parquet", "numpy", "pandas", "matplotlib", "joblib", "cloudpickle")
MISSING = (
    "import importlib, json\nmissing = []\nfor name in {names!r}:\n    try: importlib.import_module(name)\n"
)
MISSING += "    except ImportError: missing.append(name)\nprint(json.dumps(missing))"
HASHES = (
    "import hashlib, json, pathlib\ntop = pathlib.Path({top!r})\nprint(json.dumps({{str(p.relative_to(top)):"
    " hashlib.sha256(p.read_bytes()).hexdigest() for p in top.rglob('*.py')}}))"
)
MODELS = """
import numpy, sklearn.linear_model, xgboost, lightgbm, statsmodels.api, plotly.express
x = numpy.arange(400.0).reshape(200, 2) / 400
y = x.sum(axis=1)
models = [sklearn.linear_model.LinearRegression(), xgboost.XGBRegressor(n_estimators=40),
          lightgbm.LGBMRegressor(n_estimators=40, verbose=-1)]
good = sum(model.fit(x, y).score(x, y) > 0.9 for model in models)
good += statsmodels.api.OLS(y, x).fit().rsquared > 0.9
plotly.express.line(x=[1, 2], y=[1, 2]).to_json()
print("fitted", good)
"""
SETUID = ["find", "/", "-xdev", "-type", "f", "-perm", "/6000"]
WRITABLE = "find / -xdev -writable -not -type l -not -path '/dev/*' -not -path '/proc/*' 2>/dev/null | sort"


def missing(
    engine: docker.DockerClient, image: images.Image, python: str, names: tuple[str, ...]
) -> list[str]:
    """Which modules an interpreter of the image cannot import, started as kernels start it."""
    code, told = run_in(
        engine,
        image.id,
        [python, "-I", "-W", "ignore", "-c", MISSING.format(names=names)],
        user=f"{RUNNER}",
        environment={"HOME": "/tmp"},
    )
    assert code == 0, told
    found: list[str] = json.loads(told.splitlines()[-1])
    return found


def test_the_agent_has_the_brokers_clients_and_the_runner_none(
    engine: docker.DockerClient, image: images.Image
) -> None:
    assert missing(engine, image, AGENT_PYTHON, BROKER_CLIENTS) == []
    assert missing(engine, image, RUNNER_PYTHON, BROKER_CLIENTS) == list(BROKER_CLIENTS)


def test_the_runner_has_its_packages_and_the_wire_contract(
    engine: docker.DockerClient, image: images.Image
) -> None:
    assert (
        missing(engine, image, RUNNER_PYTHON, (*PACKAGES, "kernel_worker.runner", "broker_config.wire")) == []
    )


@pytest.mark.parametrize(("python", "listed"), [(AGENT_PYTHON, "agent"), (RUNNER_PYTHON, "base")])
def test_every_package_has_the_version_of_the_lock(
    engine: docker.DockerClient, image: images.Image, python: str, listed: str
) -> None:
    ask = "from importlib.metadata import distributions as d\nfor x in d(): print(x.name.lower(), x.version)"
    _, told = run_in(engine, image.id, [python, "-I", "-c", ask])
    held = {tuple(line.split()) for line in told.splitlines()}
    lines = (TOP / f"compose/requirements/{listed}.txt").read_text().splitlines()
    locked = {tuple(line.split(" ")[0].split("==")) for line in lines if "==" in line}
    assert held
    assert {(name.replace("_", "-"), version) for name, version in held} <= locked


def test_no_program_of_the_image_makes_its_caller_someone_else(
    engine: docker.DockerClient, image: images.Image
) -> None:
    sees_all = {"user": "0", "cap_add": ["DAC_READ_SEARCH"]}
    assert run_in(engine, image.id, SETUID, **sees_all) == (0, "")
    # The control: the base image, from which the bits were not taken, has such programs.
    assert "/usr/bin/su" in run_in(engine, "debian:bookworm-slim", SETUID, **sees_all)[1]


@pytest.mark.parametrize(("user", "own"), [(AGENT, ["agent"]), (RUNNER, ["runner", "shared"])])
def test_neither_identity_can_write_outside_its_folders(
    engine: docker.DockerClient, image: images.Image, user: int, own: list[str]
) -> None:
    # With a writable root: what is not writable then is not by its owner and mode.
    _, told = run_in(engine, image.id, ["sh", "-c", WRITABLE], user=f"{user}:{user}", read_only=False)
    open_to_all = {"/tmp", "/var/tmp", "/run/lock"}
    assert set(told.split()) - open_to_all == {f"/spool/{name}" for name in own}


def test_with_a_read_only_root_nothing_at_all_can_be_written(
    engine: docker.DockerClient, image: images.Image
) -> None:
    attempt = ["sh", "-c", "touch /var/tmp/x"]
    assert run_in(engine, image.id, attempt, user=f"{RUNNER}")[0] != 0
    assert run_in(engine, image.id, attempt, user=f"{RUNNER}", read_only=False)[0] == 0


def test_a_new_volume_takes_over_the_folders_with_their_owners(
    engine: docker.DockerClient, image: images.Image
) -> None:
    look = ["stat", "-c", "%n %u %a", "/spool", "/spool/agent", "/spool/runner", "/spool/shared"]
    with volume(engine) as name:
        _, told = run_in(engine, image.id, look, volumes={name: {"bind": "/spool", "mode": "rw"}})
    assert told.split("\n")[:4] == [
        "/spool 0 755",
        f"/spool/agent {AGENT} 700",
        f"/spool/runner {RUNNER} 700",
        f"/spool/shared {RUNNER} 700",
    ]


def test_its_first_process_is_our_init_which_wants_a_boot_message(
    engine: docker.DockerClient, image: images.Image
) -> None:
    entrypoint = engine.images.get(image.id).attrs["Config"]["Entrypoint"]
    assert entrypoint == [AGENT_PYTHON, "-I", "-m", "kernel_worker.init"]
    code, told = run_in(engine, image.id, entrypoint)
    assert code in {2, 3}
    assert "cannot start this kernel: standard input" in told


@pytest.mark.parametrize(
    ("who", "parts"),
    [
        ("agent", ("broker_config", "kernel_worker/agent", "kernel_worker/init")),
        ("runner", ("broker_config/wire", "kernel_worker/runner")),
    ],
)
def test_it_holds_this_checkouts_code(
    engine: docker.DockerClient, image: images.Image, who: str, parts: tuple[str, ...]
) -> None:
    _, told = run_in(engine, image.id, [AGENT_PYTHON, "-I", "-c", HASHES.format(top=f"/opt/husk/code/{who}")])
    ours = {
        path.relative_to(TOP).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in parts
        for path in (TOP / part).rglob("*.py")
    }
    ours.pop("broker_config/settings.py", None)
    held = json.loads(told)
    assert ours
    assert {name: held.get(name) for name in ours} == ours
    assert set(held) - set(ours) <= {"kernel_worker/__init__.py", "broker_config/__init__.py"}


def test_nothing_of_how_it_was_built_stays_in_it(engine: docker.DockerClient, image: images.Image) -> None:
    assert engine.images.get(image.id).attrs["Config"]["Env"] == [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
    ]
    history = json.dumps(engine.images.get(image.id).history())
    assert "PIP_" not in history
    assert "INDEX" not in history


def test_it_is_found_by_its_tag_and_named_by_its_digest(
    engine: docker.DockerClient, engine_settings: Settings, image: images.Image
) -> None:
    assert image.id.startswith("sha256:")
    assert (image.wire, image.flavour) == (VERSION, "base")
    assert image in images.listed(engine, engine_settings)


def test_an_image_of_another_wire_contract_is_refused_with_the_command_that_mends_it(
    engine: docker.DockerClient, engine_settings: Settings
) -> None:
    name = fresh_name("outdated")
    labels = {images.WIRE_LABEL: str(VERSION + 1), images.FLAVOUR_LABEL: "base"}
    settings = engine_settings.model_copy(update={"kernel_image": name})
    with tiny_image(engine, name, "base", **labels):
        with pytest.raises(ImageOutdated, match="rebuild: `husk image build base`"):
            images.find(engine, settings)
        done = CliRunner().invoke(main, ["image", "check"], env={"HUSK_KERNEL_IMAGE": name})
    assert done.exit_code == 1
    assert "outdated" in done.output
    # The control: the same image that says our version is taken.
    with tiny_image(engine, name, "base", **(labels | {images.WIRE_LABEL: str(VERSION)})):
        assert images.find(engine, settings).fits


def test_a_missing_image_is_told_with_the_command_that_builds_it(
    engine: docker.DockerClient, engine_settings: Settings
) -> None:
    name = fresh_name("missing")
    settings = engine_settings.model_copy(update={"kernel_image": name})
    with pytest.raises(ImageMissing, match="`husk image build ml`"):
        images.find(engine, settings, "ml")
    done = CliRunner().invoke(main, ["image", "check", "--json"], env={"HUSK_KERNEL_IMAGE": name})
    assert done.exit_code == 1
    assert [check["verdict"] for check in json.loads(done.output)["checks"]] == ["missing", "missing"]


def test_the_image_that_is_there_passes_the_check_and_is_listed(image: images.Image) -> None:
    assert CliRunner().invoke(main, ["image", "check", "base"]).exit_code == 0
    listed = json.loads(CliRunner().invoke(main, ["image", "list", "--json"]).output)
    assert image.id in [one["id"] for one in listed]


def test_a_build_that_fails_says_at_which_step_and_makes_no_image(engine: docker.DockerClient) -> None:
    name = fresh_name("failing")
    with tiny_image(engine, name, "nothing-in-it") as base:
        done = CliRunner().invoke(
            main, ["image", "build", "base", "--base-image", base], env={"HUSK_KERNEL_IMAGE": name}
        )
    assert done.exit_code == 1
    assert "the build failed" in done.output
    assert "RUN apt-get update" in done.output
    assert engine.images.list(name) == []


@pytest.mark.parametrize("command", [["build"], ["list"], ["check"]])
def test_without_an_engine_every_command_ends_with_code_3_and_says_so(command: list[str]) -> None:
    done = CliRunner().invoke(main, ["image", *command], env={"HUSK_ENGINE_URL": "unix:///no/such.sock"})
    assert done.exit_code == 3
    assert "no Docker Engine answers at unix:///no/such.sock" in done.output


def test_the_ml_flavour_fits_a_model_with_each_of_its_packages(
    engine: docker.DockerClient, engine_settings: Settings
) -> None:
    try:
        ml = images.find(engine, engine_settings, images.Flavour.ML)
    except ImageMissing as error:
        require("ml-image", error.message)
    code, told = run_in(
        engine,
        ml.id,
        [RUNNER_PYTHON, "-I", "-c", MODELS],
        user=f"{RUNNER}",
        environment={"HOME": "/tmp", "OMP_NUM_THREADS": "1"},
    )
    assert (code, told.splitlines()[-1]) == (0, "fitted 4"), told
