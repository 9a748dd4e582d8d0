"""``python -m benchmarks.data``: what goes in and out of kernels, beside the plain way with the same store.

A process stack of its own; what stands beside it runs in turns with it: the store's SDK with the control
plane's key in a plain Python process, Polars alone in a cell. Rates are bytes that a user has over the time
from the request to the cell's end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil

from benchmarks import pages
from benchmarks.numbers import Figure, table
from benchmarks.run import machine
from benchmarks.subject import Stack, Subject, runner_of
from broker_config.settings import ENV_FILE, Settings

HEADING = "Data in and out"
MB = 1_000_000
CLIENT = """
import sys, time, json
from minio import Minio
host, key, secret, bucket = sys.argv[1:5]
store = Minio(host, key, secret, secure=False, region="us-east-1")
"""
PUT = """
began = time.perf_counter()
store.fput_object(bucket, "bench/file", sys.argv[5])
print(time.perf_counter() - began)
"""
GET_AND_LOAD = """
import numpy
began = time.perf_counter()
store.fget_object(bucket, "bench/file", sys.argv[5])
array = numpy.load(sys.argv[5])
print(time.perf_counter() - began)
assert array.nbytes == int(sys.argv[6])
"""
SINK_AND_PUT = """
import polars as pl
frame = pl.read_parquet(sys.argv[5])
began = time.perf_counter()
frame.lazy().sink_parquet(sys.argv[5] + ".out")
store.fput_object(bucket, "bench/table", sys.argv[5] + ".out")
print(time.perf_counter() - began)
"""
SMALL = """
import io
began = time.perf_counter()
for number in range(int(sys.argv[5])):
    store.put_object(bucket, f"bench/small/{number}", io.BytesIO(b"x" * 1000), 1000)
seen = sum(1 for _ in store.list_objects(bucket, "bench/small/", recursive=True))
for number in range(int(sys.argv[5])):
    answer = store.get_object(bucket, f"bench/small/{number}")
    answer.read(); answer.close(); answer.release_conn()
print(time.perf_counter() - began)
assert seen == int(sys.argv[5])
"""
MAKE_TABLE = """
rows = {rows}
table = pl.DataFrame({{
    "id": pl.int_range(rows, eager=True),
    "amount": pl.int_range(rows, eager=True).hash(7) % 100_000 / 100,
    "kind": pl.int_range(rows, eager=True) % 50,
}})
table.write_parquet(r"{path}")
"""
SUM = '.select(pl.col("amount").sum()).collect().item()'
TIMED = """
import time
{before}
began = time.perf_counter()
found = {what}
print(time.perf_counter() - began)
"""


class Plain:
    """The store's SDK in a process of its own. ``folder``: where its files are."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        given: dict[str, Any] = {
            name.removeprefix("HUSK_").lower(): value
            for name, value in stack.environ.items()
            if name.startswith("HUSK_")
        }
        self.settings = Settings(_env_file=stack.data_dir / ENV_FILE, **given)  # type: ignore[call-arg]
        self.folder = folder

    def access(self) -> list[str]:
        """Host, key, secret, bucket."""
        one = self.settings
        host = one.store_endpoint.partition("://")[2]
        return [host, one.s3_access_key, one.s3_secret_key.get_secret_value(), one.s3_bucket]

    def run(self, code: str, *arguments: object) -> float:
        """Seconds, as the code prints them."""
        done = subprocess.run(
            [sys.executable, "-c", CLIENT + code, *self.access(), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        return float(done.stdout.split()[-1])


class Lab:
    """Two kernels of a stack, and a flow of a producer and a consumer."""

    def __init__(self, stack: Stack) -> None:
        self.api = stack.api()
        self.first, self.second = Subject(stack, "first"), Subject(stack, "second")
        nodes = [
            {"id": name, "type": "python_script", "name": name, "kernel": None, "settings": {}}
            for name in ("producer", "consumer")
        ]
        body = {
            "name": "bench",
            "nodes": nodes,
            "connections": [{"from": "producer", "to": "consumer", "input": "table"}],
        }
        self.flow = str(self.api.call("POST", "/flows", body)["id"])

    def cell(self, kernel: Subject, code: str, node: str = "producer") -> float:
        """Run a cell of the flow; seconds from the request to its end."""
        body = {"code": code, "flow_id": self.flow, "node_id": node}
        began = time.perf_counter()
        done = self.api.call("POST", f"/kernels/{kernel.name}/executions", body)
        kernel.until(done["id"], "finished")
        took = time.perf_counter() - began
        self.last = done["id"]
        return took

    def timed(self, kernel: Subject, what: str, node: str = "consumer", before: str = "") -> float:
        """Seconds that an expression takes in a cell."""
        self.cell(kernel, TIMED.format(what=what, before=before), node)
        ended = self.api.wait_for(f"/executions/{self.last}", "status", "succeeded")
        return float(ended["stdout"])


def arrays(lab: Lab, plain: Plain, options: argparse.Namespace) -> list[Figure]:
    """A large array as an artifact, and back in another kernel."""
    size, file = options.array_mb * MB, plain.folder / "array.npy"
    make = f"import numpy\narray = numpy.random.default_rng(0).random({size // 8})"
    lab.cell(lab.first, make)
    lab.cell(lab.first, f"numpy.save(r'{file}', array)")
    ours, theirs, read, fetched, extra = [], [], [], [], []
    runner = runner_of(lab.first.kernel["uid"])
    for number in range(options.rounds):
        # Other bytes each time: what a kernel has already it does not fetch.
        lab.cell(lab.first, f"array[0] = {number}")
        before = _reset_peak(runner)
        ours.append(size / MB / lab.cell(lab.first, f"flowfile.publish_artifact('array{number}', array)"))
        extra.append((_peak(runner) - before) / MB)
        theirs.append(size / MB / plain.run(PUT, file))
        lab.cell(lab.second, "array = None")
        code = f"array = flowfile.read_artifact('array{number}')"
        read.append(size / MB / lab.cell(lab.second, code))
        fetched.append(size / MB / plain.run(GET_AND_LOAD, file.with_suffix(".back.npy"), size))
        _drop(lab, f"array{number}")
    lab.cell(lab.second, "same = array.sum(); del array")
    lab.cell(lab.first, "del array")
    what = f"{options.array_mb} MB of float64"
    return [
        Figure(f"publish {what} as an artifact; beside it `fput_object`", "MB/s", ours, theirs, "≥ 0.8 ×"),
        Figure("memory of the runner that it takes", "MB", extra, (), "≤ 128 MB"),
        Figure(
            "read it in another kernel; beside it `fget_object` and `numpy.load`",
            *("MB/s", read, fetched, "≥ 0.8 ×"),
        ),
    ]


def _drop(lab: Lab, name: str) -> None:
    lab.cell(lab.first, f"flowfile.delete_artifact('{name}')")


def tables(lab: Lab, plain: Plain, options: argparse.Namespace) -> list[Figure]:
    """A table as an output; read on the same kernel and on another."""
    path = plain.folder / "table.parquet"
    lab.cell(lab.first, MAKE_TABLE.format(rows=options.rows, path=path))
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(lab.cell(lab.first, "flowfile.publish_output(table.lazy())"))
        theirs.append(plain.run(SINK_AND_PUT, path))
    lab.cell(lab.first, "del table")
    here, alone, far, direct, whole, whole_alone = [], [], [], [], [], []
    host, key, secret, bucket = plain.access()
    options_of_s3 = {
        "aws_endpoint_url": f"http://{host}",
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }
    remote = f"pl.scan_parquet('s3://{bucket}/bench/table', storage_options={json.dumps(options_of_s3)})"
    for _ in range(3 * options.rounds):
        here.append(1000 * lab.timed(lab.first, f"flowfile.read_input('table'){SUM}"))
        alone.append(1000 * lab.timed(lab.first, f"pl.scan_parquet(r'{path}'){SUM}"))
        whole.append(1000 * lab.timed(lab.first, "flowfile.read_input('table').collect()"))
        whole_alone.append(1000 * lab.timed(lab.first, f"pl.scan_parquet(r'{path}').collect()"))
        far.append(1000 * lab.timed(lab.second, f"flowfile.read_input('table'){SUM}"))
        direct.append(1000 * lab.timed(lab.second, f"{remote}{SUM}"))
    rows = f"{options.rows / 1e6:g} million rows"
    return [
        Figure(
            f"`publish_output` of {rows}; beside it `sink_parquet` and `fput_object`",
            *("s", ours, theirs, "≤ 1.25 ×"),
        ),
        Figure(
            "it is read whole on the same kernel; beside it `scan_parquet` of the file",
            *("ms", whole, whole_alone, "≤ 1.1 ×"),
        ),
        Figure(
            "the sum of one column of it there; beside it `scan_parquet` of the file",
            *("ms", here, alone, "≤ 1.1 ×"),
        ),
        Figure("that on another kernel; beside it Polars with the store's key", "ms", far, direct, "≤ 1.2 ×"),
    ]


def small(lab: Lab, plain: Plain, options: argparse.Namespace) -> Figure:
    """Many small artifacts: published, listed, read."""
    count, ours, theirs = options.small, [], []
    for number in range(options.rounds):
        names = f"[f's{number}-{{n}}' for n in range({count})]"
        publish = f"for name in {names}: flowfile.publish_artifact(name, name.ljust(1000), preview=False)"
        read = f"found = [flowfile.read_artifact(name) for name in {names}]"
        took = lab.cell(lab.first, publish)
        took += lab.cell(lab.first, "listed = flowfile.list_artifacts()")
        took += lab.cell(lab.second, read)
        ours.append(count / took)
        theirs.append(count / plain.run(SMALL, count))
        lab.cell(lab.first, f"for name in {names}: flowfile.delete_artifact(name)")
    what = f"{count} artifacts of 1 kB published, listed, read on another kernel; beside it plain objects"
    return Figure(what, "/s", ours, theirs, "≥ 0.7 ×")


def shown(lab: Lab, options: argparse.Namespace) -> Figure:
    """A frame displayed."""
    make = "import numpy\nframe = pl.DataFrame(numpy.random.default_rng(0).random((10_000, 20)))"
    lab.cell(lab.first, make)
    times = [1000 * lab.timed(lab.first, "flowfile.display(frame)") for _ in range(3 * options.rounds)]
    return Figure("`display` of a frame of 10,000 × 20, in the kernel", "ms", times, (), "≤ 150 ms")


def measure(options: argparse.Namespace) -> list[Figure]:
    """Every figure."""
    with ExitStack() as held:
        stack = held.enter_context(closing(Stack(HUSK_RUNTIME="process")))
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="husk-bench-plain-")))
        folder.chmod(0o777)  # where the runner has a uid of its own, it writes here, too
        lab, plain = Lab(stack), Plain(stack, folder)
        return [
            *arrays(lab, plain, options),
            *tables(lab, plain, options),
            small(lab, plain, options),
            shown(lab, options),
        ]


def _reset_peak(process: psutil.Process) -> int:
    """Forget the largest resident size there was; the size now, in bytes."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    return int(process.memory_info().rss)


def _peak(process: psutil.Process) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def main() -> int:
    """Measure and print; ``--write`` also keeps the table in the documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--array-mb", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help=f"write its section of {Path(pages.PAGE).name}")
    options = parser.parse_args()
    text = table(measure(options), "Husk", "beside it")
    sys.stdout.write(text)
    if options.write:
        pages.write_section(HEADING, _section(text, " ".join(sys.argv[1:])))
    return 0


def _section(text: str, given: str) -> str:
    return f"""`make bench-data` runs `python -m benchmarks.data {given}`: one run, medians; what stands
beside a figure took turns with it, on the same store.

{machine()}

{text}"""


if __name__ == "__main__":
    sys.exit(main())
