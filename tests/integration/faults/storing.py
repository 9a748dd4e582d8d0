"""Faults of storage: the S3 server is frozen or killed while cells write shared files."""

from __future__ import annotations

from contextlib import suppress

import psutil

from broker_config.wire.errors import HuskError
from broker_config.wire.states import ExecutionState as X
from tests.integration.faults import traces
from tests.integration.faults.evidence import Permits
from tests.integration.faults.fault import Fault
from tests.integration.faults.processes import frozen, kill_line, pause
from tests.integration.faults.trial import Trial
from tests.waiting import wait_until

STORE_AWAY_S = 2.0
FILE_S = 30.0
WRITES_EVERY = 5
STORAGE_FAILED = frozenset({(X.FAILED, "StorageFailed")})


def writing(index: int, seconds: float) -> str:
    """Some cells write a shared file of their own."""
    if index % WRITES_EVERY:
        return f"time.sleep({seconds:.4f})"
    return (
        "import flowfile\n"
        "name = os.path.basename(os.readlink(f'/proc/self/fd/{noted}')) + '/file-%d'\n"
        f"with open(flowfile.get_shared_location(name % {index}), 'w') as file: file.write('of {index}')\n"
        f"time.sleep({seconds:.4f})"
    )


def freeze_store(trial: Trial) -> None:
    """The S3 server takes requests and answers none for a while."""
    with frozen(psutil.Process(trial.world.stack.child("objects").pid)):
        pause(STORE_AWAY_S)


def check_files(trial: Trial) -> list[str]:
    """A cell that succeeded has its file in the store, whole."""
    folder = trial.work.notes.name
    wanted = {
        f"{folder}/file-{index}": f"of {index}".encode()
        for row in trial.rows()
        if row.status == X.SUCCEEDED and (index := traces.index_of(row.code)) % WRITES_EVERY == 0
    }

    def missing() -> list[str]:
        return [path for path, content in wanted.items() if not _holds(trial, path, content)]

    with suppress(AssertionError):
        wait_until(lambda: not missing(), FILE_S, "all files")
    return [f"{path} is not in the store, or not whole" for path in missing()]


def _holds(trial: Trial, path: str, content: bytes) -> bool:
    with suppress(HuskError):
        return trial.world.husk.files.get(path) == content
    return False


OF_STORE = Permits(first=STORAGE_FAILED, people=STORAGE_FAILED, runs=STORAGE_FAILED)

FAULTS = (
    Fault("store frozen 2 s", freeze_store, OF_STORE, body=writing, check=check_files),
    Fault(
        "store killed",
        lambda trial: kill_line(trial.world.stack, "objects"),
        OF_STORE,
        body=writing,
        check=check_files,
    ),
)
