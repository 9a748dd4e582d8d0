"""A cell of a process kernel that is stopped: by its owner, by Ctrl-C of ``husk up``, and past Husk."""

from __future__ import annotations

import os
import signal
from typing import Any

from tasks.ledger import kernels
from tasks.ledger.session import Ledger
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until
from web.client import Husk

KERNEL = "flights"
LONG = "print('on', flush=True)\nimport time\ntime.sleep(600)"


def client(stack: Stack) -> Husk:
    return Husk(stack.url, (stack.data_dir / "admin.token").read_text().strip())


def running_cell(husk: Husk) -> str:
    cell = str(husk.executions.submit(KERNEL, LONG, start=True)["id"])
    wait_until(lambda: husk.executions.get(cell)["stdout"] == "on\n", 30, "it runs")
    return cell


def ended(husk: Husk, cell: str) -> dict[str, Any]:
    wait_until(lambda: husk.executions.get(cell)["status"] not in {"queued", "running"}, 30, "its end")
    return dict(husk.executions.get(cell))


def test_its_owners_stop_cancels_it(stack: Stack) -> None:
    with client(stack) as husk:
        cell = running_cell(husk)
        husk.kernels.stop(KERNEL)
        found = ended(husk, cell)
        assert (found["status"], found["stdout"]) == ("cancelled", "on\n")
        wait_until(lambda: husk.kernels.get(KERNEL)["state"] == "stopped", 20, "it is stopped")


def test_a_signal_past_husk_fails_it_and_says_so(stack: Stack) -> None:
    with client(stack) as husk:
        cell = running_cell(husk)
        uid = husk.kernels.get(KERNEL)["uid"]
        with Ledger(f"sqlite:///{stack.data_dir / 'husk.db'}").read() as s:
            kernel = kernels.get(s, uid)
            assert kernel is not None
            init = int(kernel.runtime_ref["pid"])
        os.kill(init, signal.SIGTERM)
        found = ended(husk, cell)
        assert (found["status"], found["error"]["type"]) == ("failed", "KernelStopped")
        assert "not by anybody through Husk" in found["error"]["message"]


def test_ctrl_c_of_the_stack_cancels_it(stack: Stack) -> None:
    with client(stack) as husk:
        wait_until(
            lambda: husk.kernels.get(KERNEL)["state"] in {"error", "stopped"}, 20, "the last one's end"
        )
        cell = running_cell(husk)
    assert stack.interrupt() == 0
    stack.up()
    with client(stack) as husk:
        assert ended(husk, cell)["status"] == "cancelled"
