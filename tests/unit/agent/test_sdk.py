"""The SDK is loaded once, however many threads begin with it."""

from __future__ import annotations

import subprocess
import sys

AT_ONCE = """
import random, sys, threading

def pause(event, args):
    if event == "import" and str(args[0]).startswith("minio"):
        threading.Event().wait(dice.random() / 100)  # other threads get further meanwhile

dice = random.Random()
sys.addaudithook(pause)
from broker_config.wire.messages import StoreCredentials
from kernel_worker.agent import signing
assert "minio" not in sys.modules
held = StoreCredentials("http://127.0.0.1:1", "us-east-1", "b", "k/", "a" * 9, "s" * 9, "t", 9e9)
barrier, failed = threading.Barrier(6), []

def sign(number):
    barrier.wait(10)
    try:
        if number % 2:
            signing.presigned(held, "k", 60)
        else:
            signing.signed(held, "PUT", signing.url_of(held, "k"), {}, "0" * 64)
    except BaseException as error:
        failed.append(error)

threads = [threading.Thread(target=sign, args=[n]) for n in range(6)]
[one.start() for one in threads]
[one.join() for one in threads]
assert not failed, failed
"""


def test_threads_that_sign_their_first_request_at_once_all_can() -> None:
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", AT_ONCE], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
