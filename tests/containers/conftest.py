"""An engine and the kernels' image, for tests that start containers. Names that a test makes are random."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from broker_config.settings import Settings, load_settings
from broker_config.wire.errors import EngineAbsent
from tasks.runtimes import images
from tasks.runtimes.connection import connect
from tests.containers.docker_stack import DockerStack
from tests.requirements import require

TOP = Path(__file__).parents[2]
BUILD_S = 1200


@pytest.fixture(scope="package")
def engine_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that name the engine of this machine, with a data folder of their own."""
    return load_settings().model_copy(update={"data_dir": tmp_path_factory.mktemp("husk")})


@pytest.fixture(scope="package")
def engine(engine_settings: Settings) -> Iterator[docker.DockerClient]:
    """A client of the engine; without one the tests are not run, or fail where it is required."""
    try:
        client = connect(engine_settings, timeout_s=60)
    except EngineAbsent as error:
        require("docker", error.message)
    with closing(client):
        yield client


@pytest.fixture(scope="package")
def image(engine: docker.DockerClient, engine_settings: Settings) -> images.Image:
    """The base image, built of the code as it is now: a few seconds where the engine has the steps."""
    command = [sys.executable, "-m", "web.cli", "image", "build", "base"]
    environ = {**os.environ, "HUSK_KERNEL_IMAGE": engine_settings.kernel_image}
    done = subprocess.run(
        command, cwd=TOP, env=environ, capture_output=True, text=True, timeout=BUILD_S, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"the kernels' image cannot be built:\n{done.stderr[-4000:]}", pytrace=False)
    return images.find(engine, engine_settings, images.Flavour.BASE)


@pytest.fixture(scope="package")
def docked(
    tmp_path_factory: pytest.TempPathFactory,
    engine: docker.DockerClient,
    engine_settings: Settings,
    image: images.Image,
) -> Iterator[DockerStack]:
    """A stack that is up, whose kernels are containers."""
    assert image.fits
    made = DockerStack(tmp_path_factory.mktemp("docked"), engine, engine_settings.kernel_image)
    made.up()
    try:
        yield made
    finally:
        made.close()
