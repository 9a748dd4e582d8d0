"""``python -m benchmarks.environments``: what kernels' packages cost, as containers and as processes.

Starts with and without packages take turns. What is built "warm" was fetched before, for a kernel that is
gone with its environment. Needs a package index, and for containers an engine with the kernels' image.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker

from benchmarks import pages
from benchmarks.api import Api
from benchmarks.numbers import Figure, table
from benchmarks.run import machine
from benchmarks.subject import Stack
from broker_config.settings import load_settings

HEADING = "Packages of kernels"
MB = 1_000_000
READY_S = 600.0
FIVE = ["humanize", "more-itertools", "networkx", "requests", "tabulate"]
LEARN = ["scikit-learn", "matplotlib"]
FIFTY = """
alembic, anyio, attrs, beautifulsoup4, certifi, charset-normalizer, click, colorama, dnspython,
et-xmlfile, flask, greenlet, h11, httpcore, httpx, humanize, idna, itsdangerous, jinja2, lxml, mako,
markupsafe, more-itertools, mpmath, msgpack, networkx, openpyxl, orjson, patsy, pluggy, psutil, pydantic,
pygments, pytz, pyyaml, regex, requests, rich, scikit-learn, seaborn, sniffio, soupsieve, sqlalchemy,
statsmodels, sympy, tabulate, toolz, tqdm, urllib3, werkzeug
"""
SMALL = {"memory_gb": 0.5, "cpu_cores": 1.0}


class Kept:
    """What a stack keeps of environments. ``runtime``: ``docker`` or ``process``."""

    def __init__(self, stack: Stack, runtime: str) -> None:
        self.stack = stack
        self.runtime = runtime
        self._engine = docker.DockerClient(base_url=load_settings().engine_url, timeout=120)
        self._before = {one.name for one in self._volumes()} if runtime == "docker" else set()

    def _volumes(self) -> list[Any]:
        found: list[Any] = []
        for label in ("husk.environment", "husk.cache"):
            found += self._engine.volumes.list(filters={"label": label})
        return found

    def _own(self, label: str = "husk.environment") -> list[Any]:
        fresh = (one for one in self._volumes() if one.name not in self._before)
        return [one for one in fresh if label in one.attrs["Labels"]]

    def bytes(self) -> int:
        """On the disk, each file once."""
        if self.runtime == "docker":
            names = {one.name for one in self._own()}
            rows = self._engine.df()["Volumes"] or []
            return sum(int(row["UsageData"]["Size"]) for row in rows if row["Name"] in names)
        seen: dict[tuple[int, int], int] = {}
        for path in (self.stack.data_dir / "environments").rglob("*"):
            found = path.lstat()
            seen[found.st_dev, found.st_ino] = found.st_blocks * 512
        return sum(seen.values())

    def forget(self) -> None:
        """Remove all environments: no kernel is there."""
        if self.runtime == "docker":
            for one in self._own():
                one.remove(force=True)
        else:
            shutil.rmtree(self.stack.data_dir / "environments", ignore_errors=True)

    def close(self) -> None:
        """Remove what was fetched, too."""
        if self.runtime == "docker":
            for one in [*self._own(), *self._own("husk.cache")]:
                one.remove(force=True)


class Lab:
    """A stack's kernels by name."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.api = stack, stack.api()

    def create(self, name: str, packages: Sequence[str], **fields: Any) -> float:
        """Make one; seconds."""
        began = time.perf_counter()
        body = {"id": name, "name": name, "packages": list(packages), **fields}
        self.api.call("POST", "/kernels", body)
        return time.perf_counter() - began

    def start(self, name: str) -> float:
        """Seconds until it says that it is ready."""
        with closing(self.stack.api().events(f"/kernels/{name}/events")) as stream:
            events = iter(stream)
            began = time.perf_counter()
            self.api.call("POST", f"/kernels/{name}/start")
            while next(events)["type"] != "ready":
                if time.perf_counter() - began > READY_S:
                    raise RuntimeError(f"{name} is not ready")
            took = time.perf_counter() - began
        self.api.wait_for(f"/kernels/{name}", "state", "ready")
        return took

    def stop(self, name: str) -> None:
        """Wait until it is."""
        self.api.call("POST", f"/kernels/{name}/stop")
        self.api.wait_for(f"/kernels/{name}", "state", "stopped")

    def delete(self, *names: str) -> None:
        """Wait until they are gone."""
        for name in names:
            self.api.call("DELETE", f"/kernels/{name}")
        deadline = time.monotonic() + READY_S
        while {row["id"] for row in self.api.call("GET", "/kernels?limit=100")["items"]} & {*names}:
            if time.monotonic() > deadline:
                raise RuntimeError("kernels are not deleted")
            time.sleep(0.2)


@contextmanager
def lab(runtime: str) -> Iterator[tuple[Lab, Kept]]:
    """A stack whose new kernels are of this runtime."""
    with closing(Stack(HUSK_RUNTIME=runtime)) as stack, closing(Kept(stack, runtime)) as kept:
        yield Lab(stack), kept


def starts(lab: Lab, runtime: str, count: int) -> Figure:
    """Starts of a kernel with packages and of one without, in turns."""
    lab.create("five", FIVE)
    lab.create("none", [])
    for name in ("five", "none"):  # the first one builds
        lab.start(name)
        lab.stop(name)
    found: dict[str, list[float]] = {"five": [], "none": []}
    for _ in range(count):
        for name, times in found.items():
            times.append(lab.start(name))
            lab.stop(name)
    lab.delete("five", "none")
    what = (
        f"{runtime}: start → ready with five packages that are there, p50 of {count}; beside it without any"
    )
    return Figure(what, "s", found["five"], found["none"], "≤ 1.1 ×")


def warm_builds(lab: Lab, kept: Kept, count: int) -> list[Figure]:
    """Create, build and start, when all was fetched before."""
    whole, made = [], []
    for number in range(count + 1):
        name = f"learn-{number}"
        created = lab.create(name, LEARN)
        took = created + lab.start(name)
        lab.delete(name)
        kept.forget()
        if number:  # the first one fetched
            whole.append(took)
            made.append(created)
    asked = "≤ 10 s" if kept.runtime == "docker" else "≤ 3 s"
    what = f"{kept.runtime}: create → ready with scikit-learn and matplotlib, cache warm, p50 of {count}"
    return [
        Figure(what, "s", whole, (), asked),
        Figure(f"{kept.runtime}: of that the request that creates it, which resolves", "s", made),
    ]


def disk(lab: Lab, kept: Kept, count: int) -> Figure:
    """Environments of many kernels with one lock, beside that of one."""
    names = [f"same-{number}" for number in range(count)]
    sizes = []
    for name in names:
        lab.create(name, FIVE, **SMALL)
        if name == names[0]:
            lab.start(name)
            sizes.append(kept.bytes() / MB)
    for name in names[1:]:
        lab.api.call("POST", f"/kernels/{name}/start")
    for name in names[1:]:
        lab.api.wait_for(f"/kernels/{name}", "state", "ready", READY_S)
    sizes.append(kept.bytes() / MB)
    lab.delete(*names)
    what = f"{kept.runtime}: environments of {count} kernels with one lock, on the disk; beside it of one"
    return Figure(what, "MB", sizes[1:], sizes[:1], "1 ×")


def resolves(api: Api, count: int) -> Figure:
    """Locks of fifty packages, the first of which fetches."""
    times = []
    for _ in range(count + 1):
        began = time.perf_counter()
        api.call("POST", "/environments/resolve", {"packages": FIFTY.replace("\n", " ").strip()})
        times.append(time.perf_counter() - began)
    number = FIFTY.count(",") + 1
    what = f"resolving {number} packages, cache warm, p50 of {count}; the first took {times[0]:.1f} s"
    return Figure(what, "s", times[1:], (), "≤ 3 s")


def measure(runtimes: Sequence[str], options: argparse.Namespace) -> list[Figure]:
    """Every figure."""
    figures: list[Figure] = []
    for runtime in runtimes:
        with lab(runtime) as (kernels, kept):
            figures.append(starts(kernels, runtime, options.starts))
            kept.forget()
            figures += warm_builds(kernels, kept, options.builds)
            figures.append(disk(kernels, kept, options.kernels))
            if runtime == runtimes[-1]:
                figures.append(resolves(kernels.api, options.resolves))
            kept.forget()
    return figures


def main() -> int:
    """Measure and print; ``--write`` also keeps the table in the documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", choices=["docker", "process"], help="only this one")
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--builds", type=int, default=5)
    parser.add_argument("--kernels", type=int, default=20)
    parser.add_argument("--resolves", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"write its section of {Path(pages.PAGE).name}")
    options = parser.parse_args()
    figures = measure([options.runtime] if options.runtime else ["docker", "process"], options)
    text = table(figures, "measured", "beside it")
    sys.stdout.write(text)
    if options.write:
        pages.write_section(HEADING, _section(text, " ".join(sys.argv[1:])))
    return 0


def _section(text: str, given: str) -> str:
    return f"""`make bench-environments` runs `python -m benchmarks.environments {given}`:
one run. Times are medians. Starts with and without packages take turns. "Warm" means that an earlier kernel
of the same lock was built, and is deleted together with its environment.

{machine()}

{text}"""


if __name__ == "__main__":
    sys.exit(main())
