"""The rights of a kernel's own Redis user, used from its container: other kernels, and forged messages."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from broker_config import keys
from broker_config.wire.codec import encode_tagged
from broker_config.wire.messages import Kill, Shutdown
from tests.containers.broker_attacks import Thief
from tests.containers.docker_stack import DockerStack
from tests.integration.test_kernel_acl import ATTACKS, ENDS_THE_SERVER
from tests.waiting import wait_until

HARMLESS = (
    *(
        "LLEN kernel.{foreign}",
        "XLEN kernel:{foreign}:events",
        "XRANGE kernel:{foreign}:events - +",
        "KEYS *",
    ),
    *("GET kernel:{foreign}:claim:x", "ACL LIST", "CLIENT LIST", "CONFIG GET *", "GET husk:epoch"),
)
"""Of the attacks those that a test may do with all rights."""


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


AN_ERROR = re.compile(r"-[A-Z]+ ")
"""And no value: a token may begin with a dash, too."""


@pytest.fixture(scope="module")
def victim(docked: DockerStack) -> str:
    return docked.ready()


@pytest.fixture(scope="module")
def thief(docked: DockerStack, uid: str) -> Thief:
    return Thief(docked, uid)


def words(command: str, uid: str, victim: str) -> list[str]:
    """The arguments of a command about these kernels."""
    if command.startswith("EVAL "):
        return ["EVAL", "return redis.call('keys', '*')", "0"]
    return command.format(own=uid, foreign=victim).split()


@contextmanager
def all_rights(docked: DockerStack, thief: Thief) -> Iterator[str]:
    """The control removed: a user with every right and the same password."""
    name = f"test-{thief.user}"
    docked.redis.execute_command(
        "ACL", "SETUSER", name, "reset", "on", f">{thief.password}", "~*", "&*", "+@all"
    )
    try:
        yield name
    finally:
        docked.redis.execute_command("ACL", "DELUSER", name)


def test_every_command_about_what_is_not_its_own_is_refused(thief: Thief, uid: str, victim: str) -> None:
    table = [*ATTACKS, *ENDS_THE_SERVER]
    answers = thief.ask(*(words(command, uid, victim) for command in table))
    allowed = {
        command: answer
        for command, answer in zip(table, answers, strict=True)
        if not str(answer).startswith("-NOPERM")
    }
    assert allowed == {}


def test_without_the_rules_they_would_not_be(
    docked: DockerStack, thief: Thief, uid: str, victim: str
) -> None:
    with all_rights(docked, thief) as name:
        answers = thief.ask(*(words(command, uid, victim) for command in HARMLESS), user=name)
    assert not [answer for answer in answers if AN_ERROR.match(str(answer))]
    assert set(HARMLESS) <= set(ATTACKS)


def test_the_default_user_and_other_kernels_users_do_not_open(thief: Thief, victim: str) -> None:
    for user in ("default", f"kernel-{victim}", "flower"):
        assert thief.ask(["PING"], user=user)[0].startswith("-NOAUTH")
    assert thief.ask(["PING"]) == ["+PONG"]


def test_a_forged_lifecycle_message_cannot_be_sent_and_would_change_nothing(
    docked: DockerStack, thief: Thief, victim: str
) -> None:
    (answer,) = thief.ask(["LPUSH", "lifecycle", json.dumps(message("lifecycle.settle", [victim, "x"]))])
    assert str(answer).startswith("-NOPERM")
    # The control removed: as one who may send it, with a nonce that the ledger does not have.
    before = docked.container(victim).id
    docked.redis.lpush("lifecycle", json.dumps(message("lifecycle.settle", [victim, "x"])))
    # A message of the same make is acted upon, and came later.
    request = secrets.token_hex(8)
    docked.redis.lpush("lifecycle", json.dumps(message("lifecycle.log", [victim, 5, request])))
    assert docked.redis.blpop([keys.log_reply(request)], timeout=10) is not None
    assert docked.said(victim, "print('as before')") == "as before"
    assert docked.state(victim) == "ready"
    assert docked.container(victim).id == before


def message(task: str, arguments: list[Any]) -> dict[str, Any]:
    """A Celery message as anybody could write it."""
    body = base64.b64encode(json.dumps([arguments, {}, {}]).encode()).decode()
    return {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": "forged", "root_id": "forged", "argsrepr": ""},
        "properties": {
            **{"correlation_id": "forged", "delivery_mode": 2, "priority": 0, "body_encoding": "base64"},
            **{"delivery_info": {"exchange": "", "routing_key": "lifecycle"}, "delivery_tag": "forged"},
        },
    }


def test_a_forged_control_message_reaches_no_other_kernel(
    docked: DockerStack, thief: Thief, victim: str
) -> None:
    running = docked.husk.executions.submit(victim, "import time\ntime.sleep(20)")["id"]
    wait_until(lambda: docked.husk.executions.get(running)["status"] == "running", 10, "it runs")
    forged = [["RPUSH", keys.ctl(victim), encode_tagged(one)] for one in (Kill(running), Shutdown("forged"))]
    assert all(str(answer).startswith("-NOPERM") for answer in thief.ask(*forged))
    assert docked.husk.executions.get(running)["status"] == "running"
    # The control removed: with the right to write there the cell's process ends.
    docked.redis.rpush(keys.ctl(victim), encode_tagged(Kill(running)))
    assert docked.ended(running, 20)["status"] != "succeeded"


def test_an_event_about_another_kernels_cell_changes_nothing(
    docked: DockerStack, thief: Thief, uid: str, victim: str
) -> None:
    wait_until(lambda: docked.run(victim, "1")["status"] == "succeeded", 20, "it has a runner")
    theirs = docked.husk.executions.submit(victim, "import time\ntime.sleep(3)\nprint('mine')")["id"]
    own = docked.husk.executions.submit(uid, "1")["id"]
    docked.ended(own)
    result = {"status": "failed", "generation": "x", "items": []}
    forged = {"type": "finished", "seq": 9, "at": time.time(), "result": result}
    (answer,) = thief.ask(
        ["XADD", keys.events(uid), "*", "e", json.dumps({**forged, "execution_id": theirs})]
    )
    assert not str(answer).startswith("-")
    ended = docked.ended(theirs)
    assert (ended["status"], ended["stdout"].strip()) == ("succeeded", "mine")
    # An end is an end, also for who may write about it.
    thief.ask(["XADD", keys.events(uid), "*", "e", json.dumps({**forged, "execution_id": own})])
    docked.run(uid, "2")
    assert docked.husk.executions.get(own)["status"] == "succeeded"


@pytest.mark.parametrize("junk", ["", "{", "null", "[]", '{"type": "finished"}', "9" * 5000, "[" * 100_000])
def test_junk_on_its_own_streams_hurts_nobody(
    docked: DockerStack, thief: Thief, uid: str, victim: str, junk: str
) -> None:
    for stream in (keys.events(uid), keys.requests(uid)):
        assert not str(thief.ask(["XADD", stream, "*", "e", junk])[0]).startswith("-")
    assert docked.said(uid, "print('recorded')") == "recorded"


def test_a_forged_claim_cannot_take_another_kernels_cell(
    docked: DockerStack, thief: Thief, uid: str, victim: str
) -> None:
    first = docked.husk.executions.submit(victim, "import time\ntime.sleep(2)")["id"]
    second = docked.husk.executions.submit(victim, "print('run')")["id"]
    answers = thief.ask(["SET", keys.claim(victim, second), "forged", "NX"])
    assert str(answers[0]).startswith("-NOPERM")
    assert docked.ended(second)["status"] == "succeeded"
    assert docked.ended(first)["status"] == "succeeded"
    # The control removed: who may write the claim keeps the cell from being run.
    docked.husk.executions.submit(victim, "import time\ntime.sleep(2)")
    third = docked.husk.executions.submit(victim, "print('run')")["id"]
    docked.redis.set(keys.claim(victim, third), "cancelled", nx=True)
    assert docked.ended(third)["stdout"] == ""
