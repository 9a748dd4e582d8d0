"""A real kernel on a real environment: what was pinned runs, and the agent goes on with its own packages."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable
from tasks.environments import process_build, resolving
from tasks.environments.base_set import this_python
from tasks.environments.locks import parse
from tasks.environments.requirements import read, split
from tests.integration.kernel_fixture import running_kernel, text_of
from tests.integration.redis_server import RedisServer, binaries
from tests.requirements import require

WISHES = "scikit-learn==1.4.0, pandas==2.1.0, celery==4.4.7, redis==3.5.3"
CELL = """
import matplotlib, numpy, pandas, polars, redis, sklearn, sys
from importlib.metadata import version
from sklearn.linear_model import LinearRegression
frame = pandas.DataFrame({"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0]})
print(round(float(LinearRegression().fit(frame[["x"]], frame["y"]).predict([[3.0]])[0]), 6))
# celery 4 itself knows no Python 3.11; that it is there is what matters.
print(sklearn.__version__, pandas.__version__, version("celery"), redis.__version__, numpy.__version__[0])
print(polars.from_pandas(frame).height)
"""
OWN = "import celery, redis; print(celery.__version__, redis.__version__)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    (tmp_path / "redis").mkdir()
    made = RedisServer(tmp_path / "redis", next(iter(binaries().values())))
    yield made
    made.kill()


def test_what_was_pinned_runs_beside_an_agent_with_other_versions(
    server: RedisServer, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    own = subprocess.check_output([sys.executable, "-I", "-c", OWN], text=True)
    try:
        lock = resolving.resolve(settings, read(split(WISHES)), "base", this_python())
    except Unavailable as error:
        require("index", error.message)
    process_build.build(settings, parse(lock.text), lambda _line: None, threading.Event())
    python = process_build.python_of(settings, lock.digest)
    with running_kernel(server, python=python) as kernel:
        result = kernel.run(CELL, wait_s=60)
        lines = text_of(result).splitlines()
        assert lines == ["7.0", "1.4.0 2.1.0 4.4.7 3.5.3 1", "3"], result
        assert Path(f"/proc/{kernel.runner_pid}/cmdline").read_bytes().startswith(os.fsencode(python))
        # The next task is taken by the agent, whose celery is Husk's.
        assert text_of(kernel.run("print(1 + 1)")) == "2\n"
    assert subprocess.check_output([sys.executable, "-I", "-c", OWN], text=True) == own
